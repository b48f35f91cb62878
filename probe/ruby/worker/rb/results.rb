# frozen_string_literal: true

module Pitwall
  # What calls returned, as bytes that are the same in another process when the
  # values are: Marshal's, else inspect without addresses.
  class Results
    ROOM = 1 << 20

    TooLarge = Class.new(StandardError)

    # A file that takes no more than it has room for.
    class Sink
      attr_reader :text

      def initialize(room)
        @room = room
        @text = "".b
      end

      def write(part)
        raise TooLarge if @text.bytesize + part.bytesize > @room
        @text << part.b
        part.bytesize
      end

      def binmode
        self
      end
    end

    attr_reader :why

    def initialize
      @taken = []
      @left = ROOM
      @why = ""
    end

    def take(value)
      return unless @why.empty?
      text = bytes(value)
      @left -= text.bytesize
      @taken << text
    rescue TooLarge
      @why = "the first calls return more than #{ROOM >> 20} MiB"
    rescue StandardError, SystemStackError => e
      @why = "what a call returns can be neither dumped nor inspected: #{e.class}"
    end

    def to_a
      @why.empty? ? @taken.map { |t| [t].pack("m0") } : []
    end

    private

    def bytes(value)
      sink = Sink.new(@left)
      Marshal.dump(value, sink)
      sink.text
    rescue TypeError, NoMethodError, ArgumentError
      text = value.inspect.gsub(/0x\h+/, "0x").b
      raise TooLarge if text.bytesize > @left
      text
    end
  end
end
