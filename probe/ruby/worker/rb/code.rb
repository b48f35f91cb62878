# frozen_string_literal: true

require File.join(__dir__, "syntax")

module Pitwall
  module Kind
    # Ruby text: setup, a body that is timed, teardown. They are compiled as
    # top-level code of the user's file. A body whose setup made local variables
    # is a closure over them; any other is a method.
    class Code
      def setup(params)
        @params = params
        @file = Place.file = params["file"]
        @binding = TOPLEVEL_BINDING.dup
        before = @binding.local_variables
        require File.expand_path("config/environment") if params["rails"]
        text("setup") if params["setup"]
        @closure = !(@binding.local_variables - before).empty?
        @line = [params["code_line"].to_i, 1].max
        code = params.fetch("code")
        Syntax.check(code, @binding.local_variables, @file, @line)
        @body = body(code)
        @nothing = compile("empty", "nil")
        @look = looking(code) if code =~ /\bnext\b/
        { :shape => @closure ? "closure" : "method" }
      end

      def run(count, _items)
        @count = count
        finished(@body.call(count))
      end

      # What a single call comes to, of which next may give the value: the loop
      # does not see that.
      def look
        @look ? @look.call : run(1, nil)
      end

      def empty(count)
        @nothing.call(count)
        true
      end

      def teardown
        text("teardown") if @params["teardown"]
      end

      private

      # Local variables of a text stay in the binding.
      def text(name)
        eval(@params[name], @binding, @file, [@params["#{name}_line"].to_i, 1].max) # rubocop:disable Security/Eval
      end

      # A text whose every way ends by next has no value to be assigned.
      def body(text)
        compile("body", text)
      rescue SyntaxError => e
        raise unless e.message =~ /void value/
        compile("body", text, "")
      end

      # The loop is on the line before the body, and counts in its condition so
      # that next ends a call.
      def compile(name, body, keep = "__pw_r = ")
        turn = "__pw_i = 0; __pw_r = nil; while (__pw_i += 1) <= __pw_n; #{keep}begin\n#{body}\nend; end; [__pw_i, __pw_r]"
        return eval("lambda { |__pw_n| #{turn} }", @binding, @file, @line - 1) if @closure # rubocop:disable Security/Eval
        eval("def __pitwall_#{name}(__pw_n) #{turn} end", @binding, @file, @line - 1) # rubocop:disable Security/Eval
        TOPLEVEL_BINDING.receiver.method("__pitwall_#{name}")
      end

      # A lambda's next is its value; nil where a body is none (it yields).
      def looking(text)
        eval("lambda {\n#{text}\n}", @binding, @file, @line - 1) # rubocop:disable Security/Eval
      rescue SyntaxError
        nil
      end

      def finished(answer)
        return answer[1] if answer.is_a?(Array) && answer[0] == @count + 1
        raise Refused.new("the body leaves by break or return", "#{@file}:#{@params["code_line"]}", "end a call early with next")
      end
    end
  end
end
