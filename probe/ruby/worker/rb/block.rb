# frozen_string_literal: true

module Pitwall
  # What a benchmark file in Ruby calls.
  def self.bench
    raise ArgumentError, "Pitwall.bench needs a block: Pitwall.bench do |x| ... end" unless block_given?
    group = Group.new
    Group.all << group
    yield group
    group
  end

  # One Pitwall.bench: reports that share setup and teardown. Its words are
  # those of benchmark-ips where the two mean the same.
  class Group
    Report = Struct.new(:name, :code, :block, :options, :where)

    OPTIONS = [:budgets, :method, :because, :allow, :margin, :env].freeze
    BECAUSE = [:source, :date, :share, :text].freeze
    HINTS = {
      "save!" => "results are stored by themselves; compare with: pitwall bench FILE --against REVISION",
      "hold!" => "versions are measured in turn by themselves: pitwall bench FILE --against REVISION",
      "json!" => "use: pitwall bench FILE --json"
    }.freeze

    def self.all
      @all ||= []
    end

    attr_reader :reports, :setups, :teardowns, :allowed, :notes, :reason, :margins, :compared

    def initialize
      @reports = []
      @setups = []
      @teardowns = []
      @allowed = []
      @notes = []
    end

    def report(name = "", code = nil, **options, &block)
      name = name.to_s
      fail_with "x.report needs a name" if name.empty?
      fail_with "x.report #{name.inspect} needs either a block or a String of Ruby" if block.nil? == code.nil?
      fail_with "the String of x.report #{name.inspect} is a #{code.class}" unless code.nil? || code.is_a?(String)
      unknown = options.keys - OPTIONS
      fail_with "x.report #{name.inspect} does not know #{unknown.first}:; it knows #{OPTIONS.join(", ")}" unless unknown.empty?
      options[:because] = because_of(options[:because]) if options[:because]
      fail_with "there are two reports named #{name.inspect}" if Group.all.any? { |g| g.reports.any? { |r| r.name == name } }
      @reports << Report.new(name, code, block, options, where)
      nil
    end
    alias item report

    def because(**reason)
      @reason = because_of(reason)
      nil
    end

    def rails
      @rails = true
      nil
    end

    def rails?
      @rails ? true : false
    end

    def allow(*words)
      @allowed.concat(words.flatten.map(&:to_s))
      nil
    end

    def margin(share)
      @margins = Float(share)
      nil
    end

    def setup(&block)
      fail_with "x.setup needs a block" unless block
      @setups << block
      nil
    end

    def teardown(&block)
      fail_with "x.teardown needs a block" unless block
      @teardowns << block
      nil
    end

    def compare
      @compared = true
      nil
    end

    def compare!(*)
      compare
    end

    # Of benchmark-ips: how long to measure is decided by what is measured.
    def config(**options)
      ignored("x.config(#{options.keys.map { |k| "#{k}:" }.join(", ")})") unless options.empty?
      nil
    end

    [:time=, :warmup=, :iterations=, :stats=, :confidence=, :quiet=].each do |name|
      define_method(name) { |_value| ignored("x.#{name.to_s.chomp("=")}") }
    end

    HINTS.each do |name, hint|
      define_method(name) { |*| raise Refused.new("x.#{name} has no meaning here", where, hint) }
    end

    def method_missing(name, *)
      fail_with "x.#{name} is no word of a benchmark file; it knows report, setup, teardown, compare, because, allow, rails, margin"
    end

    def respond_to_missing?(*)
      false
    end

    private

    def ignored(what)
      note = "#{what} is ignored: warm-up and time are found by measuring"
      @notes << note unless @notes.include?(note)
    end

    def because_of(reason)
      fail_with "because: takes source:, date:, share: and text:" unless reason.is_a?(Hash) && (reason.keys - BECAUSE).empty?
      fail_with "because: needs source:, where it was seen" if reason[:source].to_s.empty?
      reason.map { |k, v| [k, k == :share ? Float(v) : v.to_s] }.to_h
    end

    def fail_with(message)
      raise ArgumentError, message
    end

    def where
      Place.of(caller)
    end
  end

  module Kind
    # A report of a benchmark file in Ruby.
    class Block
      # Evaluates the file: its blocks are kept, none is called.
      def self.read(params)
        file = Place.file = params.fetch("file")
        text = File.read(params["source"] || file, :encoding => "UTF-8")
        eval(text, TOPLEVEL_BINDING.dup, file, 1) # rubocop:disable Security/Eval
        return unless Group.all.all? { |g| g.reports.empty? }
        raise Refused.new("the file has no report", "#{file}:1", "a benchmark file begins with: Pitwall.bench do |x|")
      end

      def setup(params)
        Block.read(params)
        @group = nil
        number = params.fetch("block")
        Group.all.each do |group|
          @group = group
          break if number <= group.reports.size
          number -= group.reports.size
        end
        @report = @group.reports[number - 1]
        raise ArgumentError, "the file has no report #{params["block"]} here" unless @report
        require File.expand_path("config/environment") if @group.rails? || params["rails"]
        @group.setups.each(&:call)
        prepare
        { :shape => @shape, :name => @report.name }
      end

      def run(count, _items)
        return @body.call(count) unless @shape == "block"
        finished(@body.call(count), count)
      end

      def empty(count)
        return false unless @nothing
        @nothing.call(count)
        true
      end

      def teardown
        @group.teardowns.each(&:call) if @group
      end

      private

      def prepare
        return text if @report.code
        block = @report.block
        if block.arity == 1 # the block loops itself, as in benchmark-ips
          @shape = "loop"
          @body = block
        else
          @shape = "block"
          @body = lambda { |count| Loop.body(count, &block) }
          @nothing = lambda { |count| Loop.nothing(count) {} }
        end
      end

      def text
        require File.join(__dir__, "code")
        @shape = "method"
        @code = Code.new
        @code.setup("file" => Place.file, "code" => @report.code, "code_line" => Place.line(@report.where)[/\d+\z/].to_i)
        @body = lambda { |count| @code.run(count, nil) }
        @nothing = lambda { |count| @code.empty(count) }
      end

      # Loop's answer, unless the block left it.
      def finished(answer, count)
        return answer[1] if answer.is_a?(Array) && answer[0] == count + 1
        raise Refused.new("the body leaves by break or return", @report.where, "end a call early with next")
      end
    end

    # Lists what a benchmark file in Ruby has.
    class List
      def setup(params)
        Block.read(params)
        { :groups => Group.all.map { |g| group(g) } }
      end

      private

      def group(group)
        { :because => group.reason, :rails => group.rails?, :allow => group.allowed, :margin => group.margins,
          :compare => group.compared ? true : false, :notes => group.notes, :reports => group.reports.map { |r| report(r) } }
      end

      def report(report)
        o = report.options
        { :name => report.name, :code => report.code, :where => report.where, :budgets => Array(o[:budgets]).map(&:to_s), :method => o[:method],
          :because => o[:because], :allow => Array(o[:allow]).map(&:to_s), :margin => o[:margin], :env => o[:env] }
      end
    end

    # The two loops have the same text, so that what the empty one costs is
    # what the other costs without the body. They are two methods, so that a
    # JIT that knows the one has not seen the other's block.
    module Loop
      %w[body nothing].each do |name|
        class_eval <<-RUBY, __FILE__, __LINE__ + 1
          def self.#{name}(count)
            i = 0
            value = nil
            value = yield while (i += 1) <= count
            [i, value]
          end
        RUBY
      end
    end
  end
end
