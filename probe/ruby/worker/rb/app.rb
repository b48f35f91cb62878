# frozen_string_literal: true

module Pitwall
  # What kinds that run an app share: loading it, and taking back what it
  # writes.
  module App
    def self.environment
      File.expand_path("config/environment.rb")
    end

    def self.facts
      { :database => database, :gems => %w[rails rack sidekiq activejob activerecord].map { |name| version(name) }.compact.to_h }
    end

    def self.version(name)
      spec = Gem.loaded_specs[name]
      spec && [name, spec.version.to_s]
    end

    # Its name; nil without ActiveRecord, or before it is set up.
    def self.database
      return nil unless defined?(::ActiveRecord::Base)
      base = ::ActiveRecord::Base
      (base.respond_to?(:connection_db_config) ? base.connection_db_config.database : base.connection_config[:database]).to_s
    rescue StandardError
      nil
    end
  end

  # A transaction around everything that is written from begin to undo, as in
  # Rails' own tests with transactional fixtures: the app's transactions become
  # savepoints, its after_commit callbacks run.
  class Undo
    def self.possible?
      !App.database.nil?
    end

    def initialize
      @open = []
    end

    def begin
      pools.each do |pool|
        if pool.respond_to?(:pin_connection!)
          pool.pin_connection!(true)
          @open << -> { pool.unpin_connection! }
        else
          connection = pool.connection
          connection.begin_transaction(:joinable => false, :_lazy => false)
          @open << -> { back(connection) }
        end
      end
    end

    def undo
      @open.pop.call until @open.empty?
    end

    private

    # Those of the writing role, each once.
    def pools
      handler = ::ActiveRecord::Base.connection_handler
      list = handler.method(:connection_pool_list).arity.zero? ? handler.connection_pool_list : handler.connection_pool_list(:writing)
      list.uniq
    end

    def back(connection)
      connection.rollback_transaction while connection.transaction_open?
    end
  end

  # Random bytes from a seed instead of the kernel, so that two processes draw
  # the same: an app that escapes a random token allocates for every character
  # that needs it. It is in force while calls are counted, never while they are
  # timed.
  class Chance
    def initialize(seed)
      @seed = seed
      @saved = []
    end

    def on
      off
      random = Random.new(@seed)
      fix(SecureRandom.singleton_class, :gen_random, random) if defined?(::SecureRandom)
      fix(OpenSSL::Random.singleton_class, :random_bytes, random) if defined?(::OpenSSL::Random)
      srand(@seed)
    end

    def off
      @saved.reverse_each(&:call)
      @saved.clear
    end

    private

    def fix(owner, name, random)
      return unless owner.method_defined?(name) || owner.private_method_defined?(name)
      hidden = owner.private_method_defined?(name)
      original = owner.instance_method(name)
      verbose = $VERBOSE
      $VERBOSE = nil
      owner.send(:define_method, name) { |count| random.bytes(count) }
      owner.send(:private, name) if hidden
      @saved << lambda do
        $VERBOSE = nil
        owner.send(:define_method, name, original)
        owner.send(:private, name) if hidden
        $VERBOSE = verbose
      end
    ensure
      $VERBOSE = verbose
    end
  end
end
