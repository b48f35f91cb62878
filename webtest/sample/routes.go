package main

// shape is what a route of the made-up shop does.
type shape struct {
	name, method, path, action string
	rate, mean, spread         float64 // requests a second, seconds, sigma of the log
	split                      map[string]float64
	statements, objects        float64
	cause, title, finding      string
	regained                   float64 // of the mean
	sql                        []sql
	stacks                     []stack
	errors                     int64
}

type sql struct {
	text, line   string
	count, each  float64
	cached, rows float64
	plan         string
}

type stack struct {
	weight float64
	text   string
}

// more stacks that every route has some of.
const (
	gcStack    = "(garbage collection)"
	gvlStack   = "(waiting for the GVL)"
	render     = "ActionView::Renderer#render @ av/renderer/renderer.rb:26\nActionView::Template#render @ av/template.rb:173\n"
	exec       = "PG::Connection#exec_prepared"
	instantial = "ActiveRecord::Persistence::ClassMethods#instantiate @ ar/persistence.rb:68\nClass#allocate"
)

func shapes() []shape {
	return []shape{
		{
			name: "GET /orders", method: "GET", path: "/orders", action: "OrdersController#index",
			rate: 9.6, mean: 0.0612, spread: 0.38, statements: 52, objects: 18400,
			split: map[string]float64{"queue": 0.02, "cpu": 0.36, "gc": 0.05, "gvl_wait": 0.17, "sql": 0.37, "other": 0.03},
			cause: "n_plus_one", title: "51 customers are loaded one by one from app/views/orders/_order.html.erb:4", finding: "PW-SQL-NPLUSONE", regained: 0.62,
			sql: []sql{
				{"SELECT customers.* FROM customers WHERE customers.id = $1 LIMIT $2", "app/views/orders/_order.html.erb:4", 50, 0.00044, 0, 1, "Index Scan using customers_pkey"},
				{"SELECT orders.* FROM orders ORDER BY orders.created_at DESC LIMIT $1", "app/controllers/orders_controller.rb:7", 1, 0.0011, 0, 50, "Index Scan using index_orders_on_created_at"},
				{"SELECT COUNT(*) FROM carts WHERE carts.session = $1", "app/helpers/cart_helper.rb:3", 1, 0.0004, 2, 1, ""},
			},
			stacks: []stack{
				{37, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + render + "OrdersHelper#customer_name @ app/views/orders/_order.html.erb:4\n" + query + exec},
				{19, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + render + "OrdersHelper#customer_name @ app/views/orders/_order.html.erb:4\n" + query + instantial},
				{6, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + render + "OrdersHelper#customer_name @ app/views/orders/_order.html.erb:4\nActiveRecord::StatementCache#execute @ ar/statement_cache.rb:134"},
				{5, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + query + exec},
				{9, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + render + "NumberHelper#number_to_currency @ as/number_helper.rb:53\nKernel#format"},
				{7, "OrdersController#index @ app/controllers/orders_controller.rb:7\n" + render + "ERB::Util.html_escape @ as/core_ext/string/output_safety.rb:26\nCGI.escapeHTML"},
			},
		},
		{
			name: "GET /track/:tracking", method: "GET", path: "/track/{tracking}", action: "TrackingController#show",
			rate: 4.1, mean: 0.0874, spread: 0.22, statements: 2, objects: 2300,
			split: map[string]float64{"queue": 0.02, "cpu": 0.04, "gvl_wait": 0.05, "sql": 0.87, "other": 0.02},
			cause: "table_scan", title: "orders is read from end to end: tracking has no index", finding: "PW-SQL-SEQSCAN", regained: 0.85,
			sql: []sql{
				{"SELECT orders.* FROM orders WHERE orders.tracking = $1 LIMIT $2", "app/controllers/tracking_controller.rb:5", 1, 0.0751, 0, 1, "Seq Scan on orders (1,000,000 rows)"},
				{"SELECT line_items.* FROM line_items WHERE line_items.order_id = $1", "app/views/tracking/show.html.erb:9", 1, 0.0008, 0, 3, "Index Scan using index_line_items_on_order_id"},
			},
			stacks: []stack{
				{86, "TrackingController#show @ app/controllers/tracking_controller.rb:5\n" + query + exec},
				{6, "TrackingController#show @ app/controllers/tracking_controller.rb:5\n" + render + query + exec},
				{4, "TrackingController#show @ app/controllers/tracking_controller.rb:5\n" + render + "Integer#times"},
			},
		},
		{
			name: "GET /export.csv", method: "GET", path: "/export.csv", action: "ExportsController#show",
			rate: 1.2, mean: 0.2410, spread: 0.30, statements: 1, objects: 412000, errors: 3,
			split: map[string]float64{"queue": 0.01, "cpu": 0.55, "gc": 0.21, "gvl_wait": 0.10, "sql": 0.11, "other": 0.02},
			cause: "allocations", title: "412,000 objects a request, most of them at app/models/export.rb:18", finding: "PW-ALLOC-ROUTE", regained: 0.58,
			sql: []sql{{"SELECT orders.id, orders.total, orders.created_at FROM orders WHERE orders.created_at > $1 LIMIT $2", "app/models/export.rb:11", 1, 0.0251, 0, 5000, ""}},
			stacks: []stack{
				{24, "ExportsController#show @ app/controllers/exports_controller.rb:4\nExport#to_csv @ app/models/export.rb:18\nblock in Export#to_csv @ app/models/export.rb:19\nString#+"},
				{18, "ExportsController#show @ app/controllers/exports_controller.rb:4\nExport#to_csv @ app/models/export.rb:18\nblock in Export#to_csv @ app/models/export.rb:19\nActiveSupport::TimeWithZone#strftime @ as/time_with_zone.rb:222\nTime#strftime"},
				{14, "ExportsController#show @ app/controllers/exports_controller.rb:4\nExport#to_csv @ app/models/export.rb:18\nCSV.generate_line @ stdlib/csv.rb:1280\nCSV::Writer#<< @ stdlib/csv/writer.rb:45\nArray#join"},
				{9, "ExportsController#show @ app/controllers/exports_controller.rb:4\nExport#rows @ app/models/export.rb:11\n" + query + exec},
				{8, "ExportsController#show @ app/controllers/exports_controller.rb:4\nExport#rows @ app/models/export.rb:11\n" + query + instantial},
			},
		},
		{
			name: "GET /quote/:id", method: "GET", path: "/quote/{id}", action: "QuotesController#show",
			rate: 3.4, mean: 0.0721, spread: 0.20, statements: 1, objects: 5200,
			split: map[string]float64{"queue": 0.03, "cpu": 0.71, "gc": 0.01, "gvl_wait": 0.21, "sql": 0.02, "other": 0.02},
			cause: "cpu", title: "Quote#price_tree takes 64 % of the request's CPU, calling itself 14 deep", finding: "PW-CPU-TOP", regained: 0.61,
			sql: []sql{{"SELECT products.* FROM products WHERE products.id = $1 LIMIT $2", "app/controllers/quotes_controller.rb:4", 1, 0.0007, 0, 1, ""}},
			stacks: []stack{
				{30, "QuotesController#show @ app/controllers/quotes_controller.rb:6\nQuote#price_tree @ app/models/quote.rb:14\nQuote#price_tree @ app/models/quote.rb:14\nQuote#price_tree @ app/models/quote.rb:14\nQuote#price_tree @ app/models/quote.rb:14\nInteger#pow"},
				{22, "QuotesController#show @ app/controllers/quotes_controller.rb:6\nQuote#price_tree @ app/models/quote.rb:14\nQuote#price_tree @ app/models/quote.rb:14\nQuote#discount @ app/models/quote.rb:27\nInteger#fdiv"},
				{12, "QuotesController#show @ app/controllers/quotes_controller.rb:6\nQuote#price_tree @ app/models/quote.rb:14\nQuote#" + hostile + " @ app/models/quote.rb:41"},
				{3, "QuotesController#show @ app/controllers/quotes_controller.rb:4\n" + query + exec},
			},
		},
		{
			name: "GET /rates", method: "GET", path: "/rates", action: "RatesController#show",
			rate: 3.0, mean: 0.0569, spread: 0.12, statements: 0, objects: 3100,
			split: map[string]float64{"queue": 0.03, "cpu": 0.06, "gvl_wait": 0.04, "io": 0.86, "other": 0.01},
			cause: "io", title: "Waits 48 ms for 127.0.0.1:9301 in app/models/rates.rb:8", finding: "PW-IO-WAIT", regained: 0.84,
			stacks: []stack{
				{84, "RatesController#show @ app/controllers/rates_controller.rb:4\nRates.fetch @ app/models/rates.rb:8\nNet::HTTP#request @ stdlib/net/http.rb:1474\nNet::BufferedIO#rbuf_fill @ stdlib/net/protocol.rb:217\nIO#wait_readable"},
				{5, "RatesController#show @ app/controllers/rates_controller.rb:5\n" + render + "JSON::Ext::Generator::GeneratorMethods::Hash#to_json"},
			},
		},
		{
			name: "POST /checkout", method: "POST", path: "/checkout", action: "CheckoutsController#create",
			rate: 2.2, mean: 0.0284, spread: 0.42, statements: 9, objects: 9800,
			split: map[string]float64{"queue": 0.03, "cpu": 0.38, "gc": 0.03, "gvl_wait": 0.14, "sql": 0.30, "io": 0.08, "lock": 0.02, "other": 0.02},
			sql: []sql{
				{"INSERT INTO orders (customer_id, total, tracking, created_at) VALUES ($1, $2, $3, $4) RETURNING id", "app/controllers/checkouts_controller.rb:14", 1, 0.0021, 0, 1, ""},
				{"INSERT INTO line_items (order_id, product_id, quantity) VALUES ($1, $2, $3)", "app/controllers/checkouts_controller.rb:17", 3, 0.0009, 0, 1, ""},
				{"COMMIT", "app/controllers/checkouts_controller.rb:12", 1, 0.0019, 0, -1, ""},
			},
			stacks: []stack{
				{30, "CheckoutsController#create @ app/controllers/checkouts_controller.rb:14\nActiveRecord::Transactions#save! @ ar/transactions.rb:302\n" + query + exec},
				{28, "CheckoutsController#create @ app/controllers/checkouts_controller.rb:14\nActiveRecord::Transactions#save! @ ar/transactions.rb:302\nActiveSupport::Callbacks#run_callbacks @ as/callbacks.rb:97"},
				{9, "CheckoutsController#create @ app/controllers/checkouts_controller.rb:21\nSidekiq::Client#push @ /usr/share/rubygems-integration/all/gems/sidekiq-6.4.1/lib/sidekiq/client.rb:70\nRedis::Client#call @ /usr/share/rubygems-integration/all/gems/redis-4.2.5/lib/redis/client.rb:158\nBasicSocket#sendmsg"},
			},
		},
		{
			name: "GET /products/" + hostile, method: "GET", path: "/products/{id}?ref=" + hostile, action: "ProductsController#show",
			rate: 3.1, mean: 0.0121, spread: 0.35, statements: 3, objects: 4100,
			split: map[string]float64{"queue": 0.05, "cpu": 0.55, "gc": 0.03, "gvl_wait": 0.16, "sql": 0.18, "other": 0.03},
			sql:   []sql{{"SELECT products.* FROM products WHERE products.id = $1 LIMIT $2", "app/controllers/products_controller.rb:4", 1, 0.0007, 0, 1, ""}},
			stacks: []stack{
				{52, "ProductsController#show @ app/controllers/products_controller.rb:4\n" + render + "ActionView::Helpers::TagHelper#tag @ av/helpers/tag_helper.rb:320"},
				{18, "ProductsController#show @ app/controllers/products_controller.rb:4\n" + query + exec},
			},
		},
		{
			name: "GET /stories/:id", method: "GET", path: "/stories/{id}", action: "StoriesController#show",
			rate: 4.4, mean: 0.0079, spread: 0.30, statements: 1, objects: 2600,
			split: map[string]float64{"queue": 0.06, "cpu": 0.56, "gc": 0.02, "gvl_wait": 0.17, "sql": 0.15, "other": 0.04},
			sql:   []sql{{"SELECT stories.* FROM stories WHERE stories.id = $1 LIMIT $2", "app/controllers/stories_controller.rb:8", 1, 0.0006, 0, 1, ""}},
			stacks: []stack{
				{50, "StoriesController#show @ app/controllers/stories_controller.rb:8\n" + render + "ActionView::OutputBuffer#safe_concat @ av/buffers.rb:29"},
				{16, "StoriesController#show @ app/controllers/stories_controller.rb:8\n" + query + exec},
			},
		},
	}
}
