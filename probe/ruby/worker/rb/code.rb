# frozen_string_literal: true

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
        @body = compile("body", params.fetch("code"), params["code_line"].to_i)
        @nothing = compile("empty", "nil", params["code_line"].to_i)
        { :shape => @closure ? "closure" : "method" }
      end

      def run(count, _items)
        @count = count
        finished(@body.call(count))
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

      # The loop is on the line before the body, and counts in its condition so
      # that next ends a call.
      def compile(name, body, line)
        turn = "__pw_i = 0; __pw_r = nil; while (__pw_i += 1) <= __pw_n; __pw_r = begin\n#{body}\nend; end; [__pw_i, __pw_r]"
        line = [line, 1].max - 1
        return eval("lambda { |__pw_n| #{turn} }", @binding, @file, line) if @closure # rubocop:disable Security/Eval
        eval("def __pitwall_#{name}(__pw_n) #{turn} end", @binding, @file, line) # rubocop:disable Security/Eval
        TOPLEVEL_BINDING.receiver.method("__pitwall_#{name}")
      end

      def finished(answer)
        return answer[1] if answer.is_a?(Array) && answer[0] == @count + 1
        raise Refused.new("the body leaves by break or return", "#{@file}:#{@params["code_line"]}", "end a call early with next")
      end
    end
  end
end
