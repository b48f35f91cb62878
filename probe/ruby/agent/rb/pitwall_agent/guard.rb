# frozen_string_literal: true

module PitwallAgent
  # Refuses TCP connections to hosts that are neither here nor allowed.
  module Guard
    class Refused < Errno::ECONNREFUSED; end

    HERE = ["", "localhost", "0.0.0.0", "::", "::1", "0", "<any>"].freeze
    RESOLVE = 30 # seconds that an allowed name's addresses are believed
    REPORTS = 1000

    @reports = 0
    @resolved = {}

    class << self
      # Refuses a connection to a host by the name that the app gave.
      def name(host, port)
        refuse(host.to_s, port) unless permit?(host.to_s, port)
      end

      # Whether a host is here or allowed.
      def permit?(host, port)
        plain = host.downcase.chomp(".").delete("[]").sub(/%.*\z/, "")
        here?(plain) || allowed?(plain, port) || hosts.include?(plain) || (numeric?(plain) && allowed_address?(plain, port))
      end

      # A host and its port; nil when there is none.
      def split(entry)
        return [entry[/\A\[(.*)\]/, 1], entry[/\]:(\d+)\z/, 1]] if entry.start_with?("[")
        return entry.split(":", 2) if entry.count(":") == 1

        [entry, nil]
      end

      # Refuses a connection to a packed address or an Addrinfo.
      def address(socket, target)
        return if vouched?

        addr = target.is_a?(::Addrinfo) ? target : ::Addrinfo.new(target.to_str)
        return unless addr.ip? && stream?(socket)

        ip = (addr.ipv6_v4mapped? ? addr.ipv6_to_ipv4.ip_address : addr.ip_address).downcase.sub(/%.*\z/, "")
        return if here?(ip) || allowed?(ip, addr.ip_port) || allowed_address?(ip, addr.ip_port)

        refuse(addr.inspect[/ \((?!.*:\d+\)>)([^)]+)\)>\z/, 1] || ip, addr.ip_port)
      rescue ::SocketError
        nil # not an address: the connect itself says so
      end

      # Runs the block with connects by address let through, for a name that was
      # judged already.
      def vouch
        before = Thread.current[:pitwall_vouched]
        Thread.current[:pitwall_vouched] = true
        yield
      ensure
        Thread.current[:pitwall_vouched] = before
      end

      private

      def vouched?
        Thread.current[:pitwall_vouched]
      end

      def here?(host)
        HERE.include?(host) || host.end_with?(".localhost") || host.match?(/\A127\.\d+\.\d+\.\d+\z/)
      end

      def numeric?(host)
        host.include?(":") || host.match?(/\A[\d.]+\z/)
      end

      def allowed?(host, port)
        ALLOW.any? do |entry|
          name, at = split(entry)
          next false if at && at != port.to_s

          name == host || (name.start_with?("*.") && host.end_with?(name[1..-1]))
        end
      end

      # Whether an allowed name has this address.
      def allowed_address?(address, port)
        ALLOW.any? do |entry|
          name, at = split(entry)
          next false if (at && at != port.to_s) || name.include?("*") || numeric?(name)

          addresses(name).include?(address)
        end
      end

      def addresses(name)
        now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
        list, at = @resolved[name]
        return list if list && now - at < RESOLVE

        list = vouch { ::Addrinfo.getaddrinfo(name, nil, nil, :STREAM).map { |a| a.ip_address.downcase } }
        @resolved[name] = [list, now]
        list
      rescue ::SocketError
        []
      end

      # Names that /etc/hosts gives a loopback address. No name is looked up
      # over the network to decide on a refusal.
      def hosts
        @hosts ||= File.foreach("/etc/hosts").first(1000).flat_map do |line|
          ip, *names = line.sub(/#.*/, "").split
          ip && here?(ip) ? names.map(&:downcase) : []
        end
      rescue SystemCallError
        @hosts = []
      end

      def stream?(socket)
        socket.getsockopt(:SOCKET, :TYPE).int == ::Socket::SOCK_STREAM
      rescue SystemCallError, IOError
        true
      end

      def refuse(host, port)
        PitwallAgent.part("lines")
        line = Lines.find
        report(host, port, line)
        from = line.empty? ? "" : " (called from #{line})"
        raise Refused, "pitwall refused a connection to #{host}:#{port}#{from}; " \
                       "to let it through, put #{host} under allow: in pitwall.yml, or stub the call"
      end

      def report(host, port, line)
        return if (@reports += 1) > REPORTS

        PitwallAgent.serve("helper") unless PitwallAgent.link
        return unless (link = PitwallAgent.link)

        record = defined?(Meter) ? Meter.current : nil
        fields = { "b" => Process.clock_gettime(Process::CLOCK_MONOTONIC, :nanosecond), "h" => host.empty? ? "?" : host, "p" => port.to_i, "l" => line }
        if record
          fields["a"] = Meter.action(record)
          fields["id"] = record.env ? record.env["HTTP_X_REQUEST_ID"] : record.job && record.job["jid"]
        end
        link.put("o", Text.dump(fields))
      rescue *FAULTS => e
        PitwallAgent.fault(e)
      end
    end

    module TCP
      def initialize(host = nil, port = nil, *rest)
        Guard.name(host, port)
        super(host, port, *rest)
      end
      ruby2_keywords(:initialize)
    end

    module Dial
      def tcp(host, port, *rest)
        Guard.name(host, port)
        socket = Guard.vouch { super(host, port, *rest, &nil) }
        return socket unless block_given?

        begin
          yield socket
        ensure
          socket.close
        end
      end
      ruby2_keywords(:tcp)
    end

    module Connect
      def connect(address)
        Guard.address(self, address)
        super
      end

      def connect_nonblock(address, *rest)
        Guard.address(self, address)
        super(address, *rest)
      end
      ruby2_keywords(:connect_nonblock)
    end
  end

  ::TCPSocket.prepend(Guard::TCP)
  ::Socket.singleton_class.prepend(Guard::Dial)
  ::Socket.prepend(Guard::Connect)
end
