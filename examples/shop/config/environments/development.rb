# frozen_string_literal: true

# As Rails comes; here so that a preflight has something to complain about.
Rails.application.configure do
  config.cache_classes = false
  config.eager_load = false
  config.consider_all_requests_local = true
  config.cache_store = :memory_store
end
