# frozen_string_literal: true

module Pitwall
  # Where in the user's code something happened.
  module Place
    OURS = File.expand_path(__dir__) + "/"
    MOST = 12
    LIBRARY = [RbConfig::CONFIG["rubylibdir"], RbConfig::CONFIG["rubyarchdir"], "<internal:", "uri:classloader:", "org/jruby", "java/"].compact.freeze

    class << self
      attr_accessor :file # of the benchmark

      # The frame that the user looks for: of the benchmark's file, else the
      # innermost that is neither ours nor of Ruby's library.
      def of(frames)
        frames = mine(frames)
        found = frames.find { |f| file && f.start_with?(file + ":") }
        found ||= frames.find { |f| LIBRARY.none? { |l| f.start_with?(l) } }
        found ||= frames.first
        found ? line(found) : ""
      end

      def mine(frames)
        Array(frames).map(&:to_s).reject { |f| f.start_with?(OURS) }
      end

      def line(frame)
        frame[/\A(.*?:\d+)/, 1] || frame
      end
    end
  end
end
