// A form of base components: each field carries the name of the property it fills in data-field.

/** Every field is valid; those that are not say so, all of them at once. */
export function isComplete(template) {
    const fields = [...template.querySelectorAll('[data-field]')];
    return fields.map((field) => field.reportValidity()).every(Boolean);
}

/** Takes over what was typed or chosen. */
export function fillIn(component, event) {
    component[event.target.dataset.field] = event.detail.value;
}
