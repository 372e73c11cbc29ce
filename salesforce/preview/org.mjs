// The part of the org the preview plays against a running stack: who its people are, a token as its Apex signs one, and
// what each method of SpiffRepController asks of the API. `directory` is the stack's (.local).
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

const id = encodeURIComponent;

/** Method -> [HTTP method, path, body]. */
const ROUTES = {
    standings: () => ['GET', '/me/standings'],
    deals: ({ cursor }) => ['GET', cursor ? `/me/deals?cursor=${id(cursor)}` : '/me/deals'],
    deal: ({ registrationId }) => ['GET', `/me/deals/${id(registrationId)}`],
    payouts: () => ['GET', '/me/payouts'],
    programs: () => ['GET', '/programs'],
    program: ({ programId }) => ['GET', `/programs/${id(programId)}`],
    leaderboard: ({ programId }) => ['GET', `/programs/${id(programId)}/leaderboard`],
    quote: ({ sale }) => ['POST', '/programs/quote', sale],
    disputes: () => ['GET', '/me/disputes'],
    fileDispute: ({ dispute }) => ['POST', '/me/disputes', dispute],
    answerDispute: ({ disputeId, text }) => ['POST', `/me/disputes/${id(disputeId)}/answer`, { text }],
    withdrawDispute: ({ disputeId }) => ['POST', `/me/disputes/${id(disputeId)}/withdraw`, {}]
};

/** The running stack, or null while there is none. */
export function stack(directory) {
    const file = path.join(directory, 'stack.json');
    return fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')) : null;
}

/** The org's sales people, by name: [{Id, Name}]. */
export async function people(found) {
    const answer = await fetch(`${found.salesforce_url}/_org/records/User`);
    const users = Object.values(await answer.json());
    return users
        .filter((one) => one.IsActive && one.Department === 'Sales')
        .sort((a, b) => a.Name.localeCompare(b.Name));
}

/** What Apex would hand to the component: the answer, or the refusal as the message of an AuraHandledException. */
export async function ask(directory, user, method, params) {
    const found = stack(directory);
    if (!found || !ROUTES[method]) {
        return refusal({ status: 503, title: 'Unavailable', detail: '' });
    }
    const [verb, where, body] = ROUTES[method](params);
    const answer = await fetch(found.api_url + where, {
        method: verb,
        headers: { authorization: `Bearer ${token(directory, found, user)}`, 'content-type': 'application/json' },
        body: body && JSON.stringify(body),
        signal: AbortSignal.timeout(10000) // as the Apex callout
    }).catch(() => null);
    if (!answer) {
        return refusal({ status: 503, title: 'Unavailable', detail: '' });
    }
    const text = await answer.text();
    if (answer.ok) {
        return JSON.parse(text);
    }
    const problem = parsed(text);
    return refusal({
        status: answer.status,
        title: problem.title ?? '',
        detail: problem.detail ?? '',
        problems: problem.problems ?? [],
        retryAfter: Number(answer.headers.get('retry-after')) || 0
    });
}

/** Two minutes, signed with the org's key, for one user. */
export function token(directory, found, user) {
    const key = fs.readFileSync(path.join(directory, 'org-private-key.pem'), 'utf8');
    const now = Math.floor(Date.now() / 1000);
    const claims = {
        iss: found.organization_id,
        sub: user,
        aud: 'kicker',
        roles: ['rep'],
        iat: now,
        nbf: now,
        exp: now + 120,
        jti: crypto.randomUUID()
    };
    const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`;
    return `${signed}.${crypto.sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`;
}

function refusal(told) {
    return { __apexError: JSON.stringify({ problems: [], retryAfter: 0, ...told }) };
}

function parsed(text) {
    try {
        return JSON.parse(text);
    } catch {
        return {};
    }
}
