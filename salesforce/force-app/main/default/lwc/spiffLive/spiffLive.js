// Optional: the platform event that says "your standing changed", without any number in it. One subscription a browser
// session counts against the org's daily deliveries, so a page must ask for it (design property "Live events").
import { subscribe, unsubscribe, onError } from 'lightning/empApi';
import USER_ID from '@salesforce/user/Id';

export const CHANNEL = '/event/Spiff_Standing_Changed__e';

/** Calls `changed` for each event about the running user; returns what ends it. Where events cannot be had, nothing. */
export async function listen(changed) {
    // Polling goes on beside it, so a broken subscription only makes news later.
    onError(() => {});
    try {
        const subscription = await subscribe(CHANNEL, -1, (message) => {
            if (message?.data?.payload?.Rep_User_Id__c === USER_ID) {
                changed();
            }
        });
        return () => unsubscribe(subscription, () => {});
    } catch {
        return () => {};
    }
}
