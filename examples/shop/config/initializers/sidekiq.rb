# frozen_string_literal: true

redis = { url: "unix://#{Rails.configuration.x.run_dir}/redis.sock" }

Sidekiq.configure_server { |config| config.redis = redis }
Sidekiq.configure_client { |config| config.redis = redis }

# Debian 12's Sidekiq calls its redis in ways that this redis warns of.
Redis.silence_deprecations = true if defined?(Redis) && Redis.respond_to?(:silence_deprecations=)
