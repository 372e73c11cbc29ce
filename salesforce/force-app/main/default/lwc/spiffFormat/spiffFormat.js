// Numbers, days and names as a rep reads them. Amounts arrive as {minor, currency}, days as "2026-11-30", instants in
// UTC; a day belongs to the program's zone already, an instant is shown in the zone that is passed.
import LOCALE from '@salesforce/i18n/locale';
import TIME_ZONE from '@salesforce/i18n/timeZone';
import { labels } from 'c/spiffLabels';

const DAY_MS = 86400000;

/** fill('{0} of {1}', 2, 3) is "2 of 3". */
export function fill(text, ...values) {
    return text.replace(/\{(\d)\}/g, (_, n) => values[n]);
}

/** One of two labels, by number: `{0}` is the number. */
export function count(number, one, many) {
    return fill(number === 1 ? one : many, formatted(number));
}

/** "1,300". */
export function formatted(number) {
    return new Intl.NumberFormat(LOCALE).format(number);
}

/** "$1,710", "$15.60": no cents when they are zero. */
export function money({ minor, currency }) {
    const style = { style: 'currency', currency };
    const plain = new Intl.NumberFormat(LOCALE, style);
    const digits = plain.resolvedOptions().maximumFractionDigits;
    const major = minor / 10 ** digits;
    if (!Number.isInteger(major)) {
        return plain.format(major);
    }
    return new Intl.NumberFormat(LOCALE, {
        ...style,
        minimumFractionDigits: 0,
        maximumFractionDigits: 0
    }).format(major);
}

/** Amounts of one currency added up; `zero` gives the currency when there are none. */
export function total(amounts, currency = 'USD') {
    const minor = amounts.reduce((sum, one) => sum + one.minor, 0);
    return { minor, currency: amounts[0]?.currency ?? currency };
}

/** "Mon, Nov 30"; with the year when it is not this one. */
export function day(text, now = new Date()) {
    if (!text) {
        return '';
    }
    const at = new Date(`${text}T00:00:00Z`);
    return days(at, 'UTC', at.getUTCFullYear() !== now.getUTCFullYear());
}

/** The local day of an instant. */
export function dayOf(instant, zone = TIME_ZONE, now = new Date()) {
    if (!instant) {
        return '';
    }
    const at = new Date(instant);
    return days(at, zone, at.getUTCFullYear() !== now.getUTCFullYear());
}

/** "2:02 PM CST". */
export function time(instant, zone = TIME_ZONE) {
    return new Intl.DateTimeFormat(LOCALE, {
        hour: 'numeric',
        minute: '2-digit',
        timeZone: zone,
        timeZoneName: 'short'
    }).format(new Date(instant));
}

/** "2:02 PM" today, "Nov 18, 2:02 PM" before: how old a number is. */
export function asOf(instant, now = new Date(), zone = TIME_ZONE) {
    const at = new Date(instant);
    const old = Math.abs(now - at) > DAY_MS / 2;
    return new Intl.DateTimeFormat(LOCALE, {
        ...(old ? { month: 'short', day: 'numeric' } : {}),
        hour: 'numeric',
        minute: '2-digit',
        timeZone: zone
    }).format(at);
}

/** "12 days left"; the last day that counts is one day. */
export function daysLeft(number) {
    return number === 1 ? labels.lastDay : fill(labels.daysLeft, formatted(number));
}

/** "4th". */
export function ordinal(number) {
    const rule = new Intl.PluralRules(LOCALE, { type: 'ordinal' });
    const forms = {
        one: labels.ordinalOne,
        two: labels.ordinalTwo,
        few: labels.ordinalFew
    };
    return fill(forms[rule.select(number)] ?? labels.ordinalOther, number);
}

/** "33 h 58 min" of milliseconds. */
export function span(milliseconds) {
    const minutes = Math.max(0, Math.floor(milliseconds / 60000));
    return fill(labels.hoursMinutes, Math.floor(minutes / 60), minutes % 60);
}

/** Who funds a layer: "internal" is the reseller itself, "vendor:Veridane/se" is Veridane, for a role. */
export function funder(layer) {
    const [name, role] = layer.split('/');
    const who = name === 'internal' ? labels.internal : sentence(name.replace(/^vendor:/, ''));
    return role ? fill(labels.funderForRole, who, role) : who;
}

/** "Minimum seats" of minimum_seats. */
export function words(code) {
    const text = code.replaceAll('_', ' ');
    return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first letter as a sentence begins. */
export function sentence(text) {
    return text ? text.charAt(0).toUpperCase() + text.slice(1) : '';
}

/** "Net-new" of net_new. */
export function dealType(code) {
    return (
        {
            net_new: labels.netNew,
            renewal: labels.renewal,
            expansion: labels.expansion
        }[code] ?? ''
    );
}

function days(at, timeZone, withYear) {
    return new Intl.DateTimeFormat(LOCALE, {
        weekday: 'short',
        month: 'short',
        day: 'numeric',
        ...(withYear ? { year: 'numeric' } : {}),
        timeZone
    }).format(at);
}
