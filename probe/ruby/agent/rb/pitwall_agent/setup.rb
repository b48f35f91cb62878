# frozen_string_literal: true

module PitwallAgent
  # How the app is set up, as it says itself. What cannot be told is absent.
  module Setup
    DEVELOPMENT = %w[bullet rack-mini-profiler web-console better_errors byebug debug listen spring memory_profiler prosopite].freeze
    VERSIONS = %w[rails activerecord puma unicorn sidekiq rack pg mysql2 trilogy sqlite3 redis redis-client bootsnap nokogiri oj
                  rack-attack turbo-rails jemalloc].freeze
    LEVELS = %w[debug info warn error fatal unknown].freeze
    TABLES = 20

    class << self
      def read
        @facts = {}
        @hosts = []
        ruby
        puma
        rails if defined?(::Rails) && ::Rails.respond_to?(:application) && ::Rails.application
        database if defined?(::ActiveRecord::Base)
        Hosts.read(@hosts)
        { "facts" => @facts, "hosts" => @hosts.uniq, "rows" => rows }
      end

      private

      def fact(name)
        value = yield
        @facts[name] = value.to_s unless value.nil?
      rescue StandardError
        nil
      end

      def ruby
        fact("ruby.version") { RUBY_VERSION }
        fact("ruby.platform") { RUBY_PLATFORM }
        fact("ruby.description") { RUBY_DESCRIPTION }
        fact("yjit") { defined?(::RubyVM::YJIT) ? ::RubyVM::YJIT.enabled? : false }
        gems = defined?(::Gem) ? ::Gem.loaded_specs : {}
        VERSIONS.each { |name| fact("gem.#{name}") { gems[name]&.version } }
        fact("gems.development") { (DEVELOPMENT & gems.keys).join(",") }
      end

      def puma
        fact("puma.version") { ::Puma::Const::PUMA_VERSION }
        launcher = PitwallAgent.launcher or return
        options = launcher.config.options
        fact("puma.workers") { options[:workers].to_i }
        fact("puma.threads_min") { options[:min_threads].to_i }
        fact("puma.threads_max") { options[:max_threads].to_i }
        fact("puma.preload_app") { options[:preload_app] ? true : false }
        fact("puma.environment") { options[:environment] }
      end

      def rails
        config = ::Rails.application.config
        fact("rails.env") { ::Rails.env }
        fact("rails.version") { ::Rails.version }
        fact("rails.root") { ::Rails.root }
        fact("rails.eager_load") { config.eager_load ? true : false }
        fact("rails.cache_classes") { config.respond_to?(:enable_reloading) ? !config.enable_reloading : (config.cache_classes ? true : false) }
        fact("rails.consider_all_requests_local") { config.consider_all_requests_local ? true : false }
        fact("rails.perform_caching") { config.action_controller.perform_caching ? true : false }
        fact("rails.force_ssl") { config.force_ssl ? true : false }
        fact("rails.log_level") { ::Rails.logger && LEVELS[::Rails.logger.level] }
        fact("cache.store") { ::Rails.cache && ::Rails.cache.class.name }
        fact("jobs.adapter") { jobs }
        fact("mail.delivery") { (config.action_mailer.delivery_method || :smtp) if config.respond_to?(:action_mailer) }
      end

      def jobs
        return unless defined?(::ActiveJob::Base)

        adapter = ::ActiveJob::Base.queue_adapter
        (adapter.is_a?(Class) ? adapter : adapter.class).name.to_s.split("::").last.sub(/Adapter\z/, "").downcase
      end

      def database
        config = Hosts.primary or return
        fact("db.adapter") { config[:adapter] }
        fact("db.name") { config[:database] && File.basename(config[:database].to_s) }
        fact("db.pool") { ::ActiveRecord::Base.connection_pool.size }
        fact("db.prepared_statements") { config.fetch(:prepared_statements, true).to_s }
      end

      # Estimated rows of the largest tables. A database elsewhere is not so much
      # as connected to before the lap has judged where it is.
      def rows
        return {} unless defined?(::ActiveRecord::Base) && @hosts.all? { |h| h["purpose"] != "database" || near?(h["address"]) }

        ::ActiveRecord::Base.connection_pool.with_connection do |c|
          (c.adapter_name =~ /sqlite/i ? largest(c) : c.select_rows(tables(c), "SCHEMA")).map { |name, n| [name, n.to_i] }.to_h
        end
      rescue StandardError
        {}
      end

      def near?(address)
        return true if address.start_with?("/", "@")

        PitwallAgent.part("guard")
        Guard.permit?(*Guard.split(address))
      end

      def tables(connection)
        case connection.adapter_name
        when /postg/i
          "SELECT c.relname, c.reltuples::bigint FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm') " \
          "AND c.reltuples >= 0 AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND pg_table_is_visible(c.oid) " \
          "ORDER BY c.reltuples DESC LIMIT #{TABLES}"
        when /mysql|trilogy/i
          "SELECT table_name, table_rows FROM information_schema.tables WHERE table_schema = DATABASE() AND table_rows IS NOT NULL " \
          "ORDER BY table_rows DESC LIMIT #{TABLES}"
        else raise ArgumentError, "no statistics of #{connection.adapter_name}"
        end
      end

      # SQLite keeps no count; the last row's number is found at once and was
      # reached by rows of which some may be gone.
      def largest(connection)
        names = connection.select_values("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name LIMIT 500", "SCHEMA")
        found = names.map { |name| [name, connection.select_value("SELECT max(_rowid_) FROM #{connection.quote_table_name(name)}", "SCHEMA").to_i] }
        found.sort_by { |_, n| -n }.first(TABLES)
      end
    end

    # The machines that the app is set up to talk to: hosts and sockets only,
    # never users or secrets.
    module Hosts
      class << self
        def read(list)
          @list = list
          databases
          sidekiq
          cable
          cache
          mail
        end

        # The settings of the database that ActiveRecord::Base uses.
        def primary
          base = ::ActiveRecord::Base
          config = base.respond_to?(:connection_db_config) ? base.connection_db_config.configuration_hash : base.connection_config
          config&.transform_keys(&:to_sym)
        rescue StandardError
          nil
        end

        private

        def add(purpose, address)
          address = address.to_s.strip
          @list << { "purpose" => purpose, "address" => address } unless address.empty?
        end

        def try
          yield
        rescue StandardError
          nil
        end

        def databases
          return unless defined?(::ActiveRecord::Base)

          configs = try { ::ActiveRecord::Base.configurations.configs_for(env_name: ::Rails.env).map { |c| c.respond_to?(:configuration_hash) ? c.configuration_hash : c.config } }
          ([primary] + Array(configs)).compact.each { |c| try { database(c.transform_keys(&:to_sym)) } }
        end

        def database(config)
          case config[:adapter].to_s
          when /postg/ then postgres(config)
          when /mysql|trilogy/ then add("database", config[:socket] || with_port(config[:host] || "localhost", config[:port]))
          when /sqlite/ then nil
          else add("database", with_port(config[:host], config[:port]))
          end
        end

        def postgres(config)
          hosts = (config[:hostaddr] || config[:host] || ENV["PGHOSTADDR"] || ENV["PGHOST"] || "/var/run/postgresql").to_s.split(",")
          hosts.each { |host| add("database", host.start_with?("/") ? host : with_port(host, config[:port] || ENV["PGPORT"])) }
        end

        def with_port(host, port)
          host = host.to_s
          return host if host.empty? || port.to_s.empty?

          host.include?(":") ? "[#{host}]:#{port}" : "#{host}:#{port}"
        end

        def sidekiq
          return unless defined?(::Sidekiq) && ::Sidekiq.respond_to?(:redis)

          try { ::Sidekiq.redis { |c| redis("jobs", c) } }
        end

        # An address from any of the Redis clients, none of which connects for it.
        def redis(purpose, client)
          client = client._client if client.respond_to?(:_client)
          if client.respond_to?(:config)
            add(purpose, client.config.path || with_port(client.config.host, client.config.port))
          elsif client.respond_to?(:path) && client.respond_to?(:host)
            add(purpose, client.path || with_port(client.host, client.port))
          end
        end

        def cable
          config = try { ::ActionCable.server.config.cable } if defined?(::ActionCable)
          config = config.transform_keys(&:to_s) if config
          return unless config && config["adapter"].to_s.include?("redis")

          url("cable", config["url"]) || add("cable", with_port(config["host"] || "localhost", config["port"]))
        end

        # The host of a URL, without what else is in it.
        def url(purpose, text)
          m = text.to_s.match(%r{\A(?:rediss?|tcp|https?)://(?:[^/@]*@)?(\[[^\]]+\]|[^:/?]*)(?::(\d+))?}i)
          return add(purpose, with_port(m[1].delete("[]"), m[2])) if m

          add(purpose, text[%r{\Aunix://(?:[^/@]*@)?([^?]+)}, 1]) if text.to_s.start_with?("unix:")
        end

        def cache
          store = defined?(::Rails) && ::Rails.respond_to?(:cache) && ::Rails.cache or return
          case store.class.name
          when /Redis/
            pool = try { store.redis }
            try { pool.respond_to?(:with) ? pool.with { |c| redis("cache", c) } : redis("cache", pool) }
          when /MemCache|Dalli/
            client = store.instance_variable_get(:@data)
            servers = try { (client.respond_to?(:with) ? client.with { |c| c } : client).instance_variable_get(:@servers) }
            Array(servers).each { |s| add("cache", s.to_s[/\A[^:]+(?::\d+)?/]) }
          end
        end

        def mail
          config = try { ::Rails.application.config.action_mailer } or return
          return unless (config.delivery_method || :smtp).to_s == "smtp"

          settings = try { config.smtp_settings }
          add("mail", with_port(settings[:address], settings[:port])) if settings && settings[:address]
        end
      end
    end
  end
end
