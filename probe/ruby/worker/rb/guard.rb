# frozen_string_literal: true

module Pitwall
  # A body that did what is not allowed. No StandardError: the user's rescue
  # must not swallow it.
  class Refused < Exception # rubocop:disable Lint/InheritException
    attr_reader :what, :where, :hint

    def initialize(what, where, hint)
      super(what)
      @what = what
      @where = where
      @hint = hint
    end
  end

  # Hooks on what a benchmark must not do. They exist while calls are watched,
  # never while they are timed: every method gets its own definition back.
  class Guard
    LOOPBACK = ["localhost", "127.0.0.1", "::1"].freeze

    def initialize(allow)
      @allow = allow
      @saved = []
      @threads = []
      @depth = 0
    end

    # The first thing that was refused, also when the body rescued it.
    attr_reader :refused

    def watch
      on
      yield
    ensure
      off
      raise @refused if @refused
    end

    # Whether a counted call may run through the hooks: those of an allowed
    # connection allocate.
    def silent?
      (@allow - %w[sleep fork output]).empty?
    end

    private

    def on
      @thread = Thread.current
      @threads = Thread.list - [@thread]
      quietly do
        sleeping unless @allow.include?("sleep")
        forking unless @allow.include?("fork")
        printing unless @allow.include?("output")
        connecting
      end
    end

    def off
      quietly { @saved.reverse_each(&:call) }
      @saved.clear
    end

    # Without warnings of methods defined again.
    def quietly
      verbose = $VERBOSE
      $VERBOSE = nil
      yield
    ensure
      $VERBOSE = verbose
    end

    def sleeping
      [Kernel, Kernel.singleton_class].each do |owner|
        hook(owner, :sleep) { |_, args| refuse("sleeps#{" #{args[0]} s" if args[0].is_a?(Numeric)}", "sleep") if Thread.current == @thread }
        hook(owner, :select) { |_, args| refuse("sleeps in select", "sleep") if Thread.current == @thread && args[3] && args[0, 3].compact.empty? }
      end
      hook(IO.singleton_class, :select) { |_, args| refuse("sleeps in IO.select", "sleep") if Thread.current == @thread && args[3] && args[0, 3].compact.empty? }
    end

    def forking
      [Kernel, Kernel.singleton_class, Process.singleton_class].each do |owner|
        [:fork, :spawn, :system, :exec, :`, :daemon].each do |name|
          hook(owner, name) { |_, args| refuse("starts a process#{command(args)}", "fork") }
        end
      end
      hook(IO.singleton_class, :popen) { |_, args| refuse("starts a process#{command(args)}", "fork") }
    end

    def command(args)
      text = args.find { |a| a.is_a?(String) || a.is_a?(Array) }
      text ? " (#{Array(text).join(" ")[0, 60]})" : ""
    end

    def printing
      [STDOUT, $stdout].uniq.each do |io|
        next unless io.is_a?(IO) && !io.closed? && io.fileno == 1
        [:write, :syswrite, :write_nonblock].each do |name|
          hook(io.singleton_class, name) { |_, _| refuse("writes to standard output", "output") }
        end
      end
    end

    # The library is loaded first: a body that loads it in its first call would
    # otherwise connect once before it could be hooked.
    def connecting
      begin
        require "socket"
      rescue LoadError
        return
      end
      hook(::TCPSocket, :initialize, true) { |_, args| connect(args[0], args[1]) }
      [:connect, :connect_nonblock].each do |name|
        hook(::Socket, name) { |_, args| address(args[0]) }
      end
      hook(::Socket.singleton_class, :tcp, true) { |_, args| connect(args[0], args[1]) }
      hook(::UDPSocket, :connect) { |_, args| connect(args[0], args[1]) }
      hook(::UDPSocket, :send) { |_, args| connect(args[2], args[3]) if args.size > 3 }
    end

    def address(target)
      return unless @depth.zero?
      info = target.is_a?(::Addrinfo) ? target : ::Addrinfo.new(target)
      connect(info.ip_address, info.ip_port) if info.ip?
    end

    def connect(host, port)
      host = host.to_s
      host = "localhost" if host.empty?
      return if @depth > 0 || allowed?(host, port)
      refuse("connects to #{host}:#{port}", host)
    end

    def allowed?(host, port)
      names = LOOPBACK.include?(host) || host.start_with?("127.") ? [host] + LOOPBACK : [host]
      names.any? do |name|
        @allow.any? do |a|
          a == name || a == "#{name}:#{port}" || a.start_with?("*.") && name.end_with?(a[1..-1])
        end
      end
    end

    # The calling thread is the body's when it is ours or was started since.
    def refuse(what, word)
      return if @threads.include?(Thread.current)
      error = Refused.new("the body #{what}", Place.of(caller), "if that is what the benchmark is about, add \"#{word}\" to its allow:")
      @refused ||= error
      raise error
    end

    # nested: what the method calls in turn was allowed with it.
    def hook(owner, name, nested = false, &check)
      return unless owner.method_defined?(name) || owner.private_method_defined?(name)
      hidden = owner.private_method_defined?(name)
      original = owner.instance_method(name)
      deeper = nested ? method(:deeper) : nil
      owner.send(:define_method, name) do |*args, &block|
        check.call(self, args)
        deeper ? deeper.call { original.bind(self).call(*args, &block) } : original.bind(self).call(*args, &block)
      end
      owner.send(:ruby2_keywords, name) if owner.respond_to?(:ruby2_keywords, true)
      owner.send(:private, name) if hidden
      @saved << lambda do
        if original.owner == owner
          owner.send(:define_method, name, original)
          owner.send(hidden ? :private : :public, name)
        else
          owner.send(:remove_method, name)
        end
      end
    end

    def deeper
      @depth += 1
      yield
    ensure
      @depth -= 1
    end
  end
end
