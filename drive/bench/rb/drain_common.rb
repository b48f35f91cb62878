# frozen_string_literal: true

# Loads the app in its own directory, and has Sidekiq use the private Redis of
# a benchmark, whatever the app's own settings say.
module PitwallDrain
  REDIS = { url: ENV.fetch("PITWALL_REDIS") }.freeze

  def self.load_app
    environment = File.expand_path("config/environment.rb")
    abort "there is no config/environment.rb in #{Dir.pwd}: jobs are measured in Rails apps" unless File.exist?(environment)
    require "rails"
    require "sidekiq"
    require "sidekiq/rails" if defined?(Sidekiq::CLI)
    require environment
    Sidekiq.configure_server { |config| config.redis = REDIS }
    Sidekiq.configure_client { |config| config.redis = REDIS }
  end
end
