// Stands in for the Apex layer: `@wire(method, params)` and `method(params)` both POST to the preview server, which
// plays the Apex controller and its Named Credential. Answers are frozen, as the platform's are.
const refreshers = new WeakMap();

async function call(name, params) {
    const response = await fetch(`/apex/${name}${location.search}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-preview-page': location.pathname },
        body: JSON.stringify(params ?? {})
    });
    const body = await response.json();
    if (body && body.__apexError !== undefined) {
        // As an AuraHandledException arrives in a component.
        throw { ok: false, status: 500, statusText: 'Server Error', body: { message: body.__apexError } };
    }
    return deepFreeze(body);
}

// Components that wire the same method with the same parameters share one answer, as in Lightning Data Service.
const shared = new Map();

export function apexMethod(name) {
    const method = (params) => call(name, params);
    method.adapter = class ApexWireAdapter {
        constructor(dataCallback) {
            this.dataCallback = dataCallback;
        }
        connect() {}
        disconnect() {
            this.entry?.adapters.delete(this);
        }
        update(config) {
            this.disconnect();
            // The platform does not call Apex while a parameter is undefined.
            if (Object.values(config).some((value) => value === undefined)) {
                return;
            }
            this.entry = entryOf(name, config);
            this.entry.adapters.add(this);
            this.emit(this.entry.told ?? { data: undefined, error: undefined });
            if (!this.entry.told) {
                ask(this.entry);
            }
        }
        emit(value) {
            const own = { ...value };
            refreshers.set(own, this.entry);
            this.dataCallback(own);
        }
    };
    return method;
}

export async function refreshApex(wired) {
    const entry = refreshers.get(wired);
    if (entry) {
        await ask(entry);
    }
}

function entryOf(name, config) {
    const key = name + JSON.stringify(config);
    if (!shared.has(key)) {
        shared.set(key, { name, config, adapters: new Set() });
    }
    return shared.get(key);
}

function ask(entry) {
    entry.asking ??= call(entry.name, entry.config)
        .then(
            (data) => ({ data, error: undefined }),
            (error) => ({ data: undefined, error })
        )
        .then((told) => {
            entry.asking = undefined;
            entry.told = told;
            entry.adapters.forEach((adapter) => adapter.emit(told));
        });
    return entry.asking;
}

function deepFreeze(value) {
    if (value && typeof value === 'object') {
        Object.values(value).forEach(deepFreeze);
        Object.freeze(value);
    }
    return value;
}
