-- One year of made-up shop: :orders orders and about five webhook logs for each (`bitloot admin generate-history`).
-- Ids are UUIDv7 of the row's own time, as the services make them, so that lists and plans are those of a real shop.

create function pg_temp.id_at(at timestamptz, seed text) returns uuid language sql immutable as $$
    select (
        lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(seed), 1, 3)
        || '8' || substr(md5(seed), 4, 15)
    )::uuid
$$;

create temp table made as
select
    n,
    at,
    pg_temp.id_at(at, 'order' || n) as id,
    case
        when at > now() - interval '40 minutes' and n % 9 = 0 then (array['paid', 'reserving', 'reserved', 'given', 'delivered', 'stored'])[1 + n / 9 % 6]
        when at > now() - interval '2 hours' and n % 7 = 0 then 'awaiting_payment'
        when n::bigint * 7919 % 1000 < 935 then 'fulfilled'
        when n::bigint * 7919 % 1000 < 970 then 'expired'
        when n::bigint * 7919 % 1000 < 984 then 'cancelled'
        when n::bigint * 7919 % 1000 < 992 then 'refund_due'
        else 'underpaid'
    end as status,
    (array['ada', 'grace', 'alan', 'edsger', 'barbara', 'donald', 'margaret', 'ken', 'radia', 'leslie'])[1 + n % 10] as first,
    (array['lovelace', 'hopper', 'turing', 'dijkstra', 'liskov', 'knuth', 'hamilton', 'thompson', 'perlman', 'lamport'])[1 + n / 10 % 10] as last,
    (array['demo', 'gift-card-20', 'demo', 'demo'])[1 + n % 4] as product,
    1 + (n % 17 = 0)::int + (n % 83 = 0)::int as quantity,
    1000000000 + n as payment_number
from (
    select n, now() - interval '365 days' * (1 - power(n::float8 / :orders, 0.8)) - interval '1 second' * (n % 7) - interval '11 minutes' * (n % 9 <> 0)::int as at
    from generate_series(1, :orders) n
) spread;

insert into orders (id, email, product_id, product_name, kinguin_product_id, price_ceiling, quantity, unit_price, amount,
                    currency, status, status_since, refund_due, refund_reason, refund_due_since, session_token_hash, created_at, updated_at)
select
    id,
    first || '.' || last || n / 100 % 1000 || '@example.com',
    product,
    case product when 'demo' then 'Stellar Drift – Deluxe Edition (PC, Steam)' else 'Gift Card 20 €' end,
    'kinguin-' || product,
    case product when 'demo' then 9.50 else 20.80 end,
    quantity,
    case product when 'demo' then 9.99 else 21.50 end,
    quantity * case product when 'demo' then 9.99 else 21.50 end,
    'EUR',
    status,
    at + case status when 'fulfilled' then interval '9 minutes' when 'expired' then interval '20 minutes' else interval '4 minutes' end,
    case status when 'refund_due' then quantity * case product when 'demo' then 9.99 else 21.50 end end,
    case status when 'refund_due' then 'out of stock at Kinguin' end,
    case status when 'refund_due' then at + interval '4 minutes' end,
    decode(md5(n::text), 'hex'),
    at,
    at + interval '9 minutes'
from made;

insert into payments (id, order_id, payment_id, status, price_amount, price_currency, pay_amount, pay_currency,
                      actually_paid, pay_address, network, expires_at, settled_at, created_at, updated_at)
select
    pg_temp.id_at(at + interval '20 seconds', 'payment' || n),
    case when n % 5000 = 0 then null else id end,
    payment_number::text,
    case status when 'expired' then 'expired' when 'underpaid' then 'partially_paid' when 'awaiting_payment' then 'waiting'
                when 'cancelled' then 'failed' else 'finished' end,
    9.99 * quantity,
    'EUR',
    0.000153 * quantity,
    'btc',
    case status when 'expired' then 0 when 'underpaid' then 0.0001 when 'awaiting_payment' then 0 else 0.000153 * quantity end,
    'bc1q' || md5('address' || n),
    'btc',
    at + interval '20 minutes',
    case when status in ('expired', 'underpaid', 'awaiting_payment', 'cancelled') then null else at + interval '8 minutes' end,
    at + interval '20 seconds',
    at + interval '8 minutes'
from made;

insert into reservations (id, order_id, api, attempt, external_id, reservation_id, product_id, quantity, price, status,
                          provider_status, codes_delivered, intended_at, requested_at, reserved_at, given_at, delivered_at,
                          updated_at)
select
    pg_temp.id_at(at + interval '481 seconds', 'reservation' || n),
    id,
    'reservations',
    1,
    id::text,
    'res_' || substr(md5('reservation' || n), 1, 16),
    'kinguin-' || product,
    quantity,
    case product when 'demo' then 8.70 else 20.10 end,
    case status when 'fulfilled' then 'delivered' when 'stored' then 'delivered' when 'refund_due' then 'cancelled'
                when 'reserving' then 'requested' else status end,
    case status when 'refund_due' then 'outofstock' else 'delivered' end,
    case when status in ('fulfilled', 'stored', 'delivered') then quantity else 0 end,
    at + interval '481 seconds',
    at + interval '481 seconds',
    at + interval '482 seconds',
    at + interval '483 seconds',
    case when status in ('fulfilled', 'stored', 'delivered') then at + interval '500 seconds' end,
    at + interval '500 seconds'
from made
where status in ('fulfilled', 'stored', 'delivered', 'given', 'reserved', 'reserving', 'refund_due');

insert into deliveries (id, order_id, purpose, message_id, status, attempts, created_at, mailed_at)
select
    pg_temp.id_at(at + interval '502 seconds', 'delivery' || n), id, 'keys', id || '.keys.1@bitloot.example', 'mailed', 1,
    at + interval '502 seconds', at + interval '480 seconds' + interval '1 second' * (2.2 + 40 * power((n::bigint * 7919 % 1000) / 1000.0, 6))
from made
where status = 'fulfilled';

insert into webhook_logs (id, provider, external_id, event_type, order_id, payment_id, reservation_id, headers, body,
                          source_address, secret_id, outcome, reason, duplicates, received_at, last_seen_at, topic,
                          "partition", "offset")
select
    pg_temp.id_at(at + step.after, 'webhook' || n || step.event_type),
    step.provider,
    case step.provider when 'nowpayments' then payment_number || ':' || 0 else 'res_' || substr(md5('reservation' || n), 1, 16) end,
    step.event_type,
    id::text,
    case step.provider when 'nowpayments' then payment_number::text end,
    case step.provider when 'kinguin' then 'res_' || substr(md5('reservation' || n), 1, 16) end,
    case step.provider when 'nowpayments' then '{"content-type": "application/json", "x-nowpayments-sig": "[redacted]"}'::jsonb
                       else '{"content-type": "application/json", "x-auth-token": "[redacted]"}'::jsonb end,
    convert_to(case step.provider
        when 'nowpayments' then '{"actually_paid":0.000153,"fee":{"currency":"btc","depositFee":0.000083,"serviceFee":0,"withdrawalFee":0},"order_id":"' || id
            || '","pay_address":"bc1q' || md5('address' || n) || '","pay_amount":0.000153,"pay_currency":"btc","payment_id":' || payment_number
            || ',"payment_status":"' || step.event_type || '","price_amount":9.99,"price_currency":"eur"}'
        else '{"event":"' || step.event_type || '","externalId":"' || id || '","productId":"kinguin-' || product || '","reservationId":"res_'
            || substr(md5('reservation' || n), 1, 16) || '"}'
    end, 'UTF8'),
    '203.0.113.' || n % 250,
    'current',
    case when n % 400 = 0 then 'ignored' when n % 9000 = 1 then 'invalid' else 'accepted' end,
    case when n % 400 = 0 then 'of no interest' when n % 9000 = 1 then 'signature' end,
    (n % 13 = 0)::int,
    at + step.after,
    at + step.after,
    case step.provider when 'nowpayments' then 'payments.ipn' else 'kinguin.webhooks' end,
    n % 6,
    n
from made
cross join (values
    ('nowpayments', 'waiting', interval '30 seconds'),
    ('nowpayments', 'confirming', interval '3 minutes'),
    ('nowpayments', 'finished', interval '478 seconds'),
    ('kinguin', 'give', interval '484 seconds'),
    ('kinguin', 'delivered', interval '500 seconds')
) as step (provider, event_type, after);

-- timelines of the newest orders only: they are read one order at a time
insert into order_events (order_id, at, service, event, from_status, to_status, public, detail, cause)
select id, at + step.after, step.service, step.event, step.from_status, step.to_status, true, '{}',
    case step.service when 'fulfillment' then jsonb_build_object(
        'type', 'ingress.nowpayments_ipn.v1', 'event', pg_temp.id_at(at + interval '478 seconds', 'webhook' || n || 'finished'),
        'topic', 'payments.ipn', 'partition', n % 6, 'offset', n
    ) else '{}' end
from made
cross join (values
    (interval '0 seconds', 'ingress', 'order.created', null, 'created'),
    (interval '20 seconds', 'ingress', 'payment.created', 'created', 'awaiting_payment'),
    (interval '480 seconds', 'fulfillment', 'order.paid', 'awaiting_payment', 'paid'),
    (interval '481 seconds', 'fulfillment', 'order.reserving', 'paid', 'reserving'),
    (interval '482 seconds', 'fulfillment', 'order.reserved', 'reserving', 'reserved'),
    (interval '483 seconds', 'fulfillment', 'order.given', 'reserved', 'given'),
    (interval '500 seconds', 'fulfillment', 'order.delivered', 'given', 'delivered'),
    (interval '501 seconds', 'delivery', 'keys.stored', 'delivered', 'stored'),
    (interval '503 seconds', 'delivery', 'mail.sent', 'stored', 'fulfilled')
) as step (after, service, event, from_status, to_status)
where n > :orders - 20000 and status = 'fulfilled'
order by n, step.after;

insert into dead_letters (id, service, dlt_topic, dlt_partition, dlt_offset, original_topic, original_partition,
                          original_offset, original_timestamp, key, value, headers, event_id, event_type, order_id,
                          attempts, error_class, error_message, fingerprint, first_failed_at, dead_at, state)
select
    pg_temp.id_at(at + interval '10 minutes', 'dead' || n), kind.service, kind.service || '.dlt', 0, n, kind.topic,
    (n % 6)::int, n, at + interval '9 minutes', convert_to(id::text, 'UTF8'),
    convert_to('{"orderId":"' || id || '"}', 'UTF8'), '[]', pg_temp.id_at(at, 'event' || n)::text, kind.type, id, 5,
    kind.error, kind.message, substr(md5(kind.error), 1, 16), at + interval '9 minutes', at + interval '10 minutes',
    case when at > now() - interval '12 hours' then 'open' else 'replayed' end
from made
cross join lateral (
    select * from (values
        (0, 'fulfillment', 'orders.paid', 'fulfillment.order_paid.v1', 'KinguinUnavailable', 'the offer answers 503 to every attempt'),
        (1, 'delivery', 'deliveries.requested', 'fulfillment.delivery_requested.v1', 'CodesIncomplete', '1 of 2 codes after five attempts'),
        (2, 'fulfillment', 'payments.ipn', 'ingress.nowpayments_ipn.v1', 'IllegalTransition', 'payment_complete cannot happen')
    ) as kinds (which, service, topic, type, error, message) where which = n / 300 % 3
) as kind
where n % 300 = 7;

analyze orders, payments, reservations, deliveries, webhook_logs, order_events, dead_letters;
