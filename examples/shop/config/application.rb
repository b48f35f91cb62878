# frozen_string_literal: true

require_relative "boot"

require "net/http"
require "pg"
require "rails"
require "active_job/railtie"
require "active_record/railtie"
require "action_controller/railtie"
require "action_view/railtie"
require "sidekiq"

require_relative "../lib/shop/switches"

module Shop
  # A shop with planted faults: ANSWERS.md lists them.
  class Application < Rails::Application
    config.load_defaults Rails::VERSION::STRING.to_f
    config.time_zone = "UTC"
    config.log_tags = [:request_id]
    config.filter_parameters += [:password]
    config.active_job.queue_adapter = :sidekiq

    # One setting for all environments: an example has no secrets.
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE", "an example value, good for nothing but the example")

    # Where the sockets of PostgreSQL and Redis are.
    config.x.run_dir = ENV.fetch("SHOP_RUN") { raise "SHOP_RUN is not set: README.md says how to start the shop" }

    # Shop::Switches::FIXES and MODES: read once, when the app starts.
    config.x.switches = Shop::Switches.read(ENV)
  end
end
