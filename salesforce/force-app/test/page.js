// What a component test needs of a page: put a component in, let it settle, read what it says, its children's text too.
import { createElement } from 'lwc';

/** Puts a component into the page. */
export function show(is, props = {}) {
    const element = createElement('c-tested', { is });
    Object.assign(element, props);
    document.body.appendChild(element);
    return element;
}

/** Lets promises and renders settle. */
export async function settle() {
    for (let i = 0; i < 12; i++) {
        // eslint-disable-next-line no-await-in-loop -- one after the other is the point
        await Promise.resolve();
    }
}

/** Every element with this data-testid, through the shadow roots of our own components. */
export function all(element, id) {
    return within(element).filter((one) => one.dataset?.testid === id);
}

/** The first of them, or null. */
export function find(element, id) {
    return all(element, id)[0] ?? null;
}

/** The text a reader reads, words apart by one space. */
export function text(element) {
    return words(element)
        .join(' ')
        .replace(/\s+/g, ' ')
        .replace(/ ([.,:])/g, '$1')
        .trim();
}

/** Says what a base component would: a value was chosen or typed. */
export function choose(field, value) {
    field.value = value;
    field.dispatchEvent(new CustomEvent('change', { detail: { value } }));
}

/** Holds what is shown against the accessibility rules. Last in a test: axe needs the real clock. */
export async function accessible(element) {
    jest.useRealTimers();
    await expect(element).toBeAccessible();
}

/** Every required field is filled, or not. */
export function validity(element, isValid) {
    within(element)
        .filter((one) => one.dataset?.field)
        .forEach((field) => {
            field.reportValidity = jest.fn(() => isValid);
        });
}

function within(node) {
    const found = [];
    for (const child of (node.shadowRoot ?? node).querySelectorAll('*')) {
        found.push(child);
        if (child.shadowRoot) {
            found.push(...within(child));
        }
    }
    return found;
}

const SAID = { 'LIGHTNING-BUTTON': 'label', 'LIGHTNING-BADGE': 'label', 'LIGHTNING-BUTTON-ICON': 'alternativeText' };

function words(node) {
    if (node.nodeType === Node.TEXT_NODE) {
        return [node.textContent];
    }
    if (SAID[node.tagName]) {
        return [node[SAID[node.tagName]]];
    }
    if (node.tagName === 'SLOT') {
        return node.assignedNodes().flatMap(words);
    }
    return [...(node.shadowRoot ?? node).childNodes].flatMap(words);
}
