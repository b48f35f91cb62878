# frozen_string_literal: true

require "json"
require "zlib"

# A service that another team runs: exchange rates, after 55 to 65 ms. How
# long depends on the query alone, so the same page waits as long every time.
EXCHANGE_RATES = { "EUR" => 1.0, "USD" => 1.09, "GBP" => 0.86, "CHF" => 0.97, "SEK" => 11.4, "PLN" => 4.31 }.freeze

run lambda { |env|
  query = env.fetch("QUERY_STRING", "")
  sleep 0.055 + Zlib.crc32(query) % 11 / 1000.0
  base = EXCHANGE_RATES.fetch(query[/currency=([A-Z]{3})/, 1], 1.0)
  rates = EXCHANGE_RATES.transform_values { |rate| (rate / base).round(4) }
  [200, { "content-type" => "application/json" }, [JSON.generate(rates)]]
}
