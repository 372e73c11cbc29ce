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

export function apexMethod(name) {
    const method = (params) => call(name, params);
    method.adapter = class ApexWireAdapter {
        constructor(dataCallback) {
            this.dataCallback = dataCallback;
        }
        connect() {
            this.isConnected = true;
        }
        disconnect() {
            this.isConnected = false;
        }
        update(config) {
            // The platform does not call Apex while a parameter is undefined.
            if (Object.values(config).some((value) => value === undefined)) {
                return;
            }
            this.config = config;
            this.emit({ data: undefined, error: undefined });
            this.ask();
        }
        emit(value) {
            refreshers.set(value, () => this.ask());
            this.dataCallback(value);
        }
        async ask() {
            const asked = this.config;
            let told;
            try {
                told = { data: await call(name, asked), error: undefined };
            } catch (error) {
                told = { data: undefined, error };
            }
            if (this.isConnected && asked === this.config) {
                this.emit(told);
            }
        }
    };
    return method;
}

export async function refreshApex(wired) {
    await refreshers.get(wired)?.();
}

function deepFreeze(value) {
    if (value && typeof value === 'object') {
        Object.values(value).forEach(deepFreeze);
        Object.freeze(value);
    }
    return value;
}
