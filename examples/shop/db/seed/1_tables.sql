-- Keys and indexes come after the rows (3_keys.sql): building them once is
-- faster, and the tables are filled in the transaction that makes them.

CREATE TABLE users (
  id              bigserial,
  email           text NOT NULL,
  name            text NOT NULL,
  password_digest text NOT NULL,
  created_at      timestamp NOT NULL DEFAULT now()
);

CREATE TABLE products (
  id          bigserial,
  sku         text NOT NULL,
  name        text NOT NULL,
  description text NOT NULL,
  price_cents integer NOT NULL,
  stock       integer NOT NULL
);

CREATE TABLE orders (
  id          bigserial,
  user_id     bigint NOT NULL,
  status      text NOT NULL,
  total_cents integer NOT NULL,
  placed_at   timestamp NOT NULL
);

CREATE TABLE lines (
  id          bigserial,
  order_id    bigint NOT NULL,
  product_id  bigint NOT NULL,
  quantity    integer NOT NULL,
  price_cents integer NOT NULL,
  note        text NOT NULL DEFAULT ''
);

-- Where a parcel was seen on its way.
CREATE TABLE tracking_events (
  id       bigserial,
  tracking text NOT NULL,
  place    text NOT NULL,
  seen_at  timestamp NOT NULL
);

CREATE TABLE stories (
  id           bigserial,
  title        text NOT NULL,
  summary      text NOT NULL,
  body         text NOT NULL,
  published_on date NOT NULL
);
