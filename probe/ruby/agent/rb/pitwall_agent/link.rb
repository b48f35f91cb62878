# frozen_string_literal: true

require "socket" unless defined?(::Socket)

module PitwallAgent
  part("json")

  # The connection of this process to Pitwall. Lines are written without ever
  # waiting, from a bounded buffer; commands are read by a thread of its own.
  class Link
    BUFFER = 2 << 20 # bytes
    BATCH = 16_384   # bytes of requests that are worth a write
    PAUSE = 0.1      # seconds that a request may wait for one

    class << self
      # Connects, once per process, and says hello; again when the role changes.
      def open(role, root)
        PitwallAgent.forked if @pid && @pid != Process.pid
        if @pid
          PitwallAgent.link&.hello(role, root)
          return
        end
        @pid = Process.pid
        guard_fork
        link = new
        PitwallAgent.link = link
        Sql.forget if defined?(Sql)
        link.hello(role, root)
        link.listen
      rescue SystemCallError, IOError
        PitwallAgent.link = nil # nobody listens: silent for good
      end

      def forget
        @pid = nil
      end

      private

      def guard_fork
        return if @guarded || !Process.respond_to?(:_fork, true)

        @guarded = true
        Process.singleton_class.prepend(Fork)
      end
    end

    # Since Ruby 3.1 every fork goes through here.
    module Fork
      def _fork
        pid = super
        PitwallAgent.forked if pid == 0
        pid
      end
    end

    def initialize
      @socket = Socket.new(:UNIX, :STREAM)
      @socket.connect_nonblock(Socket.sockaddr_un(SOCKET))
      @prefix = "pw1 #{Process.pid} #{started} "
      @lines = []
      @bytes = 0
      @drops = @told = 0
      @lock = Mutex.new
      @role = nil
    end

    attr_reader :drops

    def hello(role, root = nil)
      return if role == @role || (@role && role == "helper")

      @role = role
      PitwallAgent.part("lines")
      Lines.root = root
      put("h", Text.dump("role" => role, "ruby" => RUBY_VERSION, "root" => Lines.root))
    end

    # Queues one line, for the reading thread to write soon. needed lines are
    # few, and later ones refer to them: they are not dropped.
    def queue(kind, json, needed = false)
      return if @gone

      line = "#{@prefix}#{kind} #{json}\n"
      if @bytes + line.bytesize > BUFFER && !needed
        @drops += 1
      else
        @bytes += line.bytesize
        @lines << line
      end
      flush if @bytes > BATCH
    end

    # The same, and writes now what can be written without waiting.
    def put(kind, json)
      queue(kind, json, true)
      flush
    end

    def fault(count, what)
      put("e", Text.dump("n" => count, "what" => what)) if count < 100
    end

    # The child of a fork lets go of its parent's connection.
    def abandon
      @gone = true
      @socket.close
    rescue SystemCallError, IOError
      nil
    end

    def listen
      thread = Thread.new { run }
      thread.report_on_exception = false
      thread.name = "pitwall agent"
      thread.thread_variable_set(:fork_safe, true) # for Puma, which warns of threads before a fork
    end

    private

    # Clock ticks after boot, which with the pid names this process.
    def started
      stat = File.read("/proc/self/stat")
      stat[(stat.rindex(")") + 2)..-1].split(" ")[19].to_i
    rescue SystemCallError, NoMethodError
      0
    end

    def flush
      return unless @lock.try_lock

      begin
        while (chunk = @rest || batch)
          n = @socket.write_nonblock(chunk, exception: false)
          if n == :wait_writable
            @rest = chunk
            break
          end
          @bytes -= n
          @rest = n < chunk.bytesize ? chunk.byteslice(n..-1) : nil
        end
      rescue SystemCallError, IOError
        close
      ensure
        @lock.unlock
      end
    end

    def batch
      text = @lines.shift or return
      text << @lines.shift while text.bytesize < BATCH && !@lines.empty?
      text
    end

    # The reading thread may wait, so it empties the buffer.
    def drain
      20.times do
        flush
        break if @gone || (@rest.nil? && @lines.empty?)

        IO.select(nil, [@socket], nil, 0.1)
      end
      return if @drops == @told || @gone

      @told = @drops
      put("d", Text.dump("n" => @told))
    end

    def run
      until @gone
        unless IO.select([@socket], nil, nil, PitwallAgent.on ? PAUSE : nil)
          flush
          next
        end
        line = @socket.gets("\n", 65_536) or break
        command, seq, args = line.split(" ", 3)
        body = obey(command, args.to_s.strip)
        drain
        put("a", "{\"seq\":#{seq.to_i},\"body\":#{body}}")
        drain
      end
    rescue SystemCallError, IOError
      nil
    ensure
      close if PitwallAgent.link.equal?(self)
    end

    def obey(command, args)
      case command
      when "on", "off" then toggle(command == "on")
      when "stats" then ask("stats") { Stats.read }
      when "setup" then ask("setup") { Setup.read }
      when "explain" then ask("explain") { Explain.run(args) }
      else "null"
      end
    rescue StandardError, ScriptError, SystemStackError => e # this is our own thread
      PitwallAgent.fault(e)
      "null"
    end

    def ask(part)
      PitwallAgent.part(part)
      Text.dump(yield)
    end

    def toggle(on)
      PitwallAgent.part("meter")
      PitwallAgent.turn(on)
      "null"
    end

    # Silent for good.
    def close
      @gone = true
      @lines.clear
      @rest = nil
      PitwallAgent.turn(false) if PitwallAgent.on
      @socket.close
    rescue SystemCallError, IOError
      nil
    end
  end

  # After a fork: nothing of the parent's connection is ours.
  def self.forked
    self.on = false
    link&.abandon
    self.link = nil
    Link.forget
    turn(false) if @parts["meter"]
  rescue *FAULTS => e
    fault(e)
  end
end
