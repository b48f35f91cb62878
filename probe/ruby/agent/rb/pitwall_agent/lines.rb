# frozen_string_literal: true

require "rbconfig"

module PitwallAgent
  # Finds the line of the app that is being run, relative to its root.
  module Lines
    DEPTH = 400
    CHUNK = 24
    PATHS = 20_000
    SITES = 20_000

    class << self
      def root
        @root ||= guess
      end

      # nil: Rails.root, else the working directory.
      def root=(dir)
        @root = (dir || guess).to_s.chomp("/")
        @roots = nil
        @paths = {}
        @hints = {}
      end

      # "app/models/order.rb:12", or "" when no frame is the app's. Statements
      # come again from where they came: for a hint (a statement's number) the
      # frame at the depth where the line was last time is looked at first.
      def find(hint = nil)
        if hint && (known = @hints[hint])
          frame = caller_locations(known[0], 1)&.first
          return known[3] if frame && frame.lineno == known[1] && frame.path == known[2]
        end
        start = 1
        while start < DEPTH
          frames = caller_locations(start, CHUNK)
          return "" if frames.nil? || frames.empty?

          i = frames.index { |frame| relative(frame.path) }
          return found(hint, start + i, frames[i]) if i
          start += CHUNK
        end
        ""
      end

      private

      def guess
        dir = defined?(::Rails) && ::Rails.respond_to?(:root) && ::Rails.root
        (dir || Dir.pwd).to_s.chomp("/")
      end

      def found(hint, depth, frame)
        place = site(relative(frame.path), frame.lineno)
        @hints[hint] = [depth, frame.lineno, frame.path, place] if hint
        place
      end

      # The path below the root, or false for Ruby's and the gems' files.
      def relative(path)
        known = @paths[path]
        return known unless known.nil?

        @paths.clear if @paths.size > PATHS
        @paths[path] = judge(path.to_s)
      end

      def judge(path)
        return false if path.empty? || path.start_with?("<", "(") || foreign.any? { |dir| path.start_with?(dir) }
        return File.file?(File.join(root, path)) ? path : false unless path.start_with?("/")

        dir = roots.find { |r| path.start_with?(r) }
        return false unless dir

        rest = path[dir.size..-1]
        rest.start_with?("vendor/", ".bundle/", "node_modules/") ? false : rest
      end

      def roots
        @roots ||= [root, File.realpath(root)].uniq.map { |dir| "#{dir}/" }
      rescue SystemCallError
        @roots = ["#{root}/"]
      end

      # Directories whose files are never the app's, even below its root.
      def foreign
        @foreign ||= begin
          config = RbConfig::CONFIG.values_at("rubylibprefix", "rubylibdir", "sitedir", "vendordir")
          gems = defined?(::Gem) ? ::Gem.path + [::Gem.default_dir] : []
          (config + gems + [DIR]).compact.reject(&:empty?).uniq.map { |dir| "#{dir.chomp('/')}/" }
        end
      end

      # One string for each place.
      def site(path, line)
        lines = @sites[path]
        if lines.nil?
          @sites.clear if @sites.size > SITES
          lines = @sites[path] = {}
        end
        lines[line] ||= "#{path}:#{line}"
      end
    end

    @hints = {}
    @paths = {}
    @sites = {}
  end
end
