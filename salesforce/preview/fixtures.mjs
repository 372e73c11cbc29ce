// Answers of a state page: the files the component tests use, or the refusal the state asks for.
import fs from 'node:fs';
import path from 'node:path';
import { STATES } from './states.mjs';

const data = path.join(import.meta.dirname, '../force-app/test/data');

export const file = (name) => JSON.parse(fs.readFileSync(path.join(data, `${name}.json`), 'utf8'));

const asked = new Map();

/** A page that is opened begins at the first answer of every list. */
export function begin(component, state) {
    for (const key of asked.keys()) {
        if (key.startsWith(`${component}/${state}/`)) {
            asked.delete(key);
        }
    }
}

/** The answer of one method on one state page; undefined when it never comes. */
export function fixture(component, state, method) {
    let answer = STATES[component]?.[state]?.apex[method];
    if (Array.isArray(answer)) {
        const key = `${component}/${state}/${method}`;
        const calls = asked.get(key) ?? 0;
        asked.set(key, calls + 1);
        answer = answer[Math.min(calls, answer.length - 1)];
    }
    if (answer === 'never') {
        return undefined;
    }
    if (answer === undefined) {
        return { __apexError: `the state page ${component}/${state} has no answer for ${method}` };
    }
    if (answer.error) {
        return { __apexError: JSON.stringify(answer.error) };
    }
    if (answer.message) {
        return { __apexError: answer.message };
    }
    if (answer.text) {
        return answer.text;
    }
    if (answer.dispute !== undefined) {
        const one = file('disputes').disputes[answer.dispute];
        return { disputes: [{ ...one, registration: answer.registration }] };
    }
    return file(answer);
}
