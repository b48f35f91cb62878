# frozen_string_literal: true

module Pitwall
  # JSON, as far as commands and answers need it. The json library is a gem: to
  # require it here would activate a version before the app's bundle chooses.
  module Wire
    DEEPEST = 64
    PLAIN = /[^"\\\x00-\x1f\u007f\u2028\u2029]+/.freeze
    SHORT = { "\"" => "\\\"", "\\" => "\\\\", "\n" => "\\n", "\t" => "\\t", "\r" => "\\r" }.freeze

    def self.dump(value)
      case value
      when nil then "null"
      when true then "true"
      when false then "false"
      when Integer then value.to_s
      when Float then value.finite? ? value.to_s : "null"
      when Array then "[" + value.map { |v| dump(v) }.join(",") + "]"
      when Hash then "{" + value.map { |k, v| quote(k.to_s) + ":" + dump(v) }.join(",") + "}"
      else quote(value.to_s)
      end
    end

    def self.quote(text)
      "\"" + utf8(text).gsub(/["\\\u0000-\u001f\u007f]/) { |c| SHORT[c] || format("\\u%04x", c.ord) } + "\""
    end

    def self.utf8(text)
      if text.encoding == Encoding::UTF_8 || text.encoding == Encoding::BINARY || text.encoding == Encoding::US_ASCII
        text.dup.force_encoding(Encoding::UTF_8).scrub("?")
      else
        text.encode(Encoding::UTF_8, :invalid => :replace, :undef => :replace)
      end
    end

    def self.parse(text)
      Parser.new(text).document
    end

    # Reads one document. Positions are bytes.
    class Parser
      ESCAPES = { 34 => "\"", 92 => "\\", 47 => "/", 98 => "\b", 102 => "\f", 110 => "\n", 114 => "\r", 116 => "\t" }.freeze

      def initialize(text)
        @text = text.b
        @at = 0
      end

      def document
        value = value(0)
        blank
        raise ArgumentError, "more than one value" if @at < @text.bytesize
        value
      end

      private

      def value(depth)
        raise ArgumentError, "nested too deeply" if depth > DEEPEST
        blank
        case @text.getbyte(@at)
        when 123 then object(depth)
        when 91 then array(depth)
        when 34 then string
        when 116 then word("true", true)
        when 102 then word("false", false)
        when 110 then word("null", nil)
        else number
        end
      end

      def blank
        @at += 1 while [32, 9, 10, 13].include?(@text.getbyte(@at))
      end

      def word(text, value)
        raise ArgumentError, "at byte #{@at}" unless @text.byteslice(@at, text.bytesize) == text
        @at += text.bytesize
        value
      end

      def number
        found = /\G-?\d+(\.\d+)?([eE][-+]?\d+)?/n.match(@text, @at)
        raise ArgumentError, "at byte #{@at}" unless found
        @at = found.end(0)
        found[1] || found[2] ? Float(found[0]) : Integer(found[0], 10)
      end

      def object(depth)
        out = {}
        list(125) do
          key = string
          blank
          expect(58)
          out[key] = value(depth + 1)
        end
        out
      end

      def array(depth)
        out = []
        list(93) { out << value(depth + 1) }
        out
      end

      def list(closing)
        @at += 1
        blank
        return @at += 1 if @text.getbyte(@at) == closing
        loop do
          blank
          yield
          blank
          break if @text.getbyte(@at) == closing
          expect(44)
        end
        @at += 1
      end

      def expect(byte)
        raise ArgumentError, "at byte #{@at}" unless @text.getbyte(@at) == byte
        @at += 1
      end

      def string
        expect(34)
        out = +""
        loop do
          stop = @text.index(/["\\]/n, @at)
          raise ArgumentError, "a string without an end" unless stop
          out << @text.byteslice(@at, stop - @at).force_encoding(Encoding::UTF_8)
          @at = stop + 1
          return out if @text.getbyte(stop) == 34
          out << escaped
        end
      end

      def escaped
        byte = @text.getbyte(@at)
        @at += 1
        return ESCAPES.fetch(byte) unless byte == 117
        code = hex
        if code.between?(0xd800, 0xdbff) && @text.byteslice(@at, 2) == "\\u"
          @at += 2
          code = 0x10000 + ((code - 0xd800) << 10) + (hex - 0xdc00)
        end
        [code].pack("U")
      end

      def hex
        @at += 4
        Integer(@text.byteslice(@at - 4, 4), 16)
      end
    end
  end
end
