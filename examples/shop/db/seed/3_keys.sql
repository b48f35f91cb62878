ALTER TABLE users ADD PRIMARY KEY (id);
ALTER TABLE products ADD PRIMARY KEY (id);
ALTER TABLE orders ADD PRIMARY KEY (id);
ALTER TABLE lines ADD PRIMARY KEY (id);
ALTER TABLE tracking_events ADD PRIMARY KEY (id);
ALTER TABLE stories ADD PRIMARY KEY (id);

CREATE UNIQUE INDEX index_users_on_email ON users (email);
CREATE UNIQUE INDEX index_products_on_sku ON products (sku);
CREATE INDEX index_orders_on_user_id ON orders (user_id);
CREATE INDEX index_lines_on_order_id ON lines (order_id);
-- tracking_events has no index on tracking: that is the planted fault of
-- GET /track (db/fix/missing_index.sql makes it).
