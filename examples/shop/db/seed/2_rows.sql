-- Plain arithmetic on the row's number: the same rows everywhere. The constants
-- are primes, so that neighbours differ and a page of orders has no user twice.

INSERT INTO users (email, name, password_digest, created_at)
SELECT 'user' || i || '@shop.example',
       (ARRAY['Ada','Ben','Cleo','Dan','Eve','Finn','Gus','Hana','Ivo','Jo'])[1 + i % 10] || ' ' ||
       (ARRAY['Archer','Baker','Carter','Dyer','Fisher','Glover','Hunter','Mason'])[1 + i / 10 % 8],
       -- Of "correct horse", for all: an example has no secrets.
       'pbkdf2-sha256$2000$5ca1ab1e0ddba11c$ddec8abba48da98a32a9e260910d1384ce7b79d92a2d89b0decc0b3830d8cb85',
       timestamp '2024-01-01' + i * interval '1 hour'
FROM generate_series(1, 5000) AS i;

INSERT INTO products (sku, name, description, price_cents, stock)
SELECT 'SKU-' || lpad(i::text, 6, '0'),
       (ARRAY['Red','Blue','Oak','Steel','Paper','Linen','Glass','Cork'])[1 + i % 8] || ' ' ||
       (ARRAY['lamp','chair','kettle','shelf','clock','basket','mirror'])[1 + i % 7] || ' no. ' || i,
       'Made in a small workshop, number ' || i || ' of a long series. It keeps what it promises.',
       199 + i * 7919 % 20000,
       i * 104729 % 500
FROM generate_series(1, 5000) AS i;

INSERT INTO orders (user_id, status, total_cents, placed_at)
SELECT 1 + i::bigint * 7919 % 5000,
       (ARRAY['placed','paid','packed','shipped'])[1 + i % 4],
       500 + i::bigint * 15485863 % 50000,
       timestamp '2024-02-01' + i * interval '11 minutes'
FROM generate_series(1, 40000) AS i;

INSERT INTO lines (order_id, product_id, quantity, price_cents, note)
SELECT 1 + i / 4,
       1 + i::bigint * 611953 % 5000,
       1 + i % 5,
       199 + i::bigint * 7919 % 20000,
       CASE WHEN i % 9 = 0 THEN 'gift, "no receipt", please; ring twice' ELSE 'as usual, leave at the door' END
FROM generate_series(0, 159999) AS i;

-- 25 sightings of the parcel of each order, in the order of time: those of one
-- parcel lie apart, as they would.
INSERT INTO tracking_events (tracking, place, seen_at)
SELECT 'PW' || (100000 + 1 + i % 40000),
       (ARRAY['Harbour','Depot','Hub','Van','Airport','Customs','Locker'])[1 + i / 40000 % 7],
       timestamp '2024-02-02' + i * interval '30 seconds'
FROM generate_series(0, 999999) AS i;

INSERT INTO stories (title, summary, body, published_on)
SELECT 'How ' || (ARRAY['a lamp','a chair','a kettle','a shelf','a clock'])[1 + i % 5] || ' is made, part ' || i,
       'A visit to workshop ' || i || ', where things take the time they take.',
       (SELECT string_agg('Step ' || step || ': ' ||
               (ARRAY['measure the board twice','cut along the grain','leave it to dry',
                      'sand until it is smooth','wax it, and wait','bend it over steam',
                      'fit the joint dry','glue and clamp'])[1 + (step * 31 + i) % 8] ||
               ', and do not hurry: the wood remembers every shortcut that was taken.',
               E'\n' ORDER BY step)
        FROM generate_series(1, 12) AS step),
       date '2024-01-01' + i
FROM generate_series(1, 300) AS i;
