# frozen_string_literal: true

require File.join(__dir__, "app")

module Pitwall
  module Kind
    # A Rack app, called without a server. Requests are laid out before the
    # clock starts: ask prepare, run as many, ask finish. What is timed is the
    # call, and its body read to the end and closed.
    class Rack
      WHOLE = 4 << 20 # bytes of a body that are sent back
      ANSWER = [200, {}, []].freeze
      NOTHING = ->(_env) { ANSWER }

      def setup(params)
        @app = load_app
        @chance = Chance.new(params["seed"].to_i)
        @chance.on
        @undo = params["writes"] && Undo.possible? ? Undo.new : nil
        @pool = @envs = []
        @at = 0
        @statuses = Hash.new(0)
        @spare = Hash.new(0)
        App.facts.merge(:undo => !@undo.nil?)
      end

      # Requests that may be asked again and again.
      def ask_pool(requests)
        @pool = requests
        nil
      end

      # Lays out the requests of the next calls: those given, else so many of the
      # pool, from the one given on. What they write is taken back by finish.
      def ask_prepare(params)
        requests = params["requests"]
        from = params["from"].to_i
        requests ||= Array.new(params.fetch("count")) { |k| @pool[(from + k) % @pool.size] }
        @envs = requests.map { |r| env(r) }
        @statuses.clear
        @at = 0
        params["fixed"] ? @chance.on : @chance.off
        @undo.begin if @undo
        nil
      end

      def run(count, _items)
        turn(@app, count, @statuses)
      end

      def empty(count)
        at = @at
        turn(NOTHING, count, @spare)
        @at = at
        true
      end

      # How many answers had each status.
      def ask_finish(_params)
        @envs = []
        @statuses.dup
      ensure
        @undo.undo if @undo
      end

      # One request with all of its answer.
      def ask_one(request)
        @undo.begin if @undo
        status, headers, body = @app.call(env(request))
        text, bytes = read(body)
        headers = headers.map { |name, value| [name.to_s.downcase, value] }.to_h
        { :status => status.to_i, :type => headers["content-type"].to_s, :location => headers["location"].to_s, :cookies => lines(headers["set-cookie"]),
          :body => [text].pack("m0"), :bytes => bytes, :digest => bytes > text.bytesize ? digest(text) : "" }
      ensure
        @undo.undo if @undo
      end

      private

      def load_app
        require App.environment if File.exist?(App.environment)
        rackup = File.expand_path("config.ru")
        unless File.exist?(rackup)
          return ::Rails.application if defined?(::Rails.application) && ::Rails.application
          raise LoadError, "there is neither config.ru nor config/environment.rb in #{Dir.pwd}"
        end
        require "rack"
        require "rack/builder"
        app = ::Rack::Builder.parse_file(rackup)
        app.is_a?(Array) ? app.first : app # Rack 2 returns options too
      end

      def turn(app, count, statuses)
        i = 0
        envs = @envs
        at = @at
        last = envs.size
        while (i += 1) <= count
          at = 0 if at >= last
          status, _headers, body = app.call(envs[at])
          at += 1
          drain(body)
          statuses[status] += 1
        end
        @at = at
        status
      end

      def drain(body)
        return body.call(Sink.new) unless body.respond_to?(:each)
        body.each { |part| part }
      ensure
        body.close if body.respond_to?(:close)
      end

      def read(body)
        sink = Sink.new
        if body.respond_to?(:each)
          body.each { |part| sink.write(part) }
        else
          body.call(sink)
        end
        [sink.text, sink.bytes]
      ensure
        body.close if body.respond_to?(:close)
      end

      # Set-Cookie is a list in Rack 3 and lines of one text in Rack 2.
      def lines(cookies)
        Array(cookies).flat_map { |c| c.to_s.split("\n") }
      end

      def digest(text)
        require "digest"
        "of its beginning " + Digest::SHA256.hexdigest(text)
      end

      # As Puma lays a request out.
      def env(request)
        path, query = request.fetch("target").split("?", 2)
        body = request.fetch("body").b
        env = {
          "REQUEST_METHOD" => request.fetch("method").dup, "SCRIPT_NAME" => +"", "PATH_INFO" => path.dup, "QUERY_STRING" => (query || "").dup,
          "REQUEST_PATH" => path.dup, "REQUEST_URI" => request.fetch("target").dup, "SERVER_NAME" => "localhost", "SERVER_PORT" => "80",
          "SERVER_PROTOCOL" => "HTTP/1.1", "HTTP_VERSION" => "HTTP/1.1", "REMOTE_ADDR" => "127.0.0.1", "GATEWAY_INTERFACE" => "CGI/1.2",
          "rack.version" => [1, 6], "rack.url_scheme" => "http", "rack.input" => input(body), "rack.errors" => $stderr,
          "rack.multithread" => false, "rack.multiprocess" => false, "rack.run_once" => false, "rack.after_reply" => []
        }
        env["CONTENT_LENGTH"] = body.bytesize.to_s unless body.empty? && %w[GET HEAD OPTIONS].include?(request["method"])
        request.fetch("headers").each { |name, value| env[key(name)] = value.dup }
        env
      end

      def key(name)
        name = name.upcase.tr("-", "_")
        name == "CONTENT_TYPE" ? name : "HTTP_#{name}"
      end

      def input(body)
        require "stringio"
        io = StringIO.new(body)
        io.set_encoding(Encoding::BINARY)
        io
      end

      # Takes a body, and keeps its beginning.
      class Sink
        attr_reader :text, :bytes

        def initialize
          @text = "".b
          @bytes = 0
        end

        def write(*parts)
          parts.inject(0) { |sum, part| sum + take(part.to_s) }
        end

        def <<(part)
          write(part)
          self
        end

        def read(*)
          nil
        end

        def flush; end

        def close; end

        def close_read; end

        def close_write; end

        def closed?
          false
        end

        private

        def take(part)
          @bytes += part.bytesize
          room = WHOLE - @text.bytesize
          @text << part.byteslice(0, room).b if room > 0
          part.bytesize
        end
      end
    end
  end
end
