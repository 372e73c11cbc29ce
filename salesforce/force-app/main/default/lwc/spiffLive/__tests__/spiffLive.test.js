import { subscribe, unsubscribe } from 'lightning/empApi';
import { CHANNEL, listen } from 'c/spiffLive';

const event = (user) => ({ data: { payload: { Rep_User_Id__c: user } } });

it('hears of the running user only, until it is ended', async () => {
    const changed = jest.fn();
    subscribe.mockResolvedValue({ id: 'subscription' });
    const end = await listen(changed);
    const [channel, , told] = subscribe.mock.calls[0];
    expect(channel).toBe(CHANNEL);
    told(event('005000000000009AAA'));
    told({});
    expect(changed).not.toHaveBeenCalled();
    told(event('005000000000001AAA'));
    expect(changed).toHaveBeenCalledTimes(1);
    end();
    expect(unsubscribe.mock.calls[0][0]).toEqual({ id: 'subscription' });
});

it('is silent where events cannot be had', async () => {
    subscribe.mockRejectedValue(new Error('no entitlement'));
    const end = await listen(jest.fn());
    end();
    expect(unsubscribe).not.toHaveBeenCalled();
});
