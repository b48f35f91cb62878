# frozen_string_literal: true

module Pitwall
  # Looks at a text by itself before anything is put around it, so that what
  # the parser says is of the user's lines, and an "end" too many ends nothing
  # of ours.
  module Syntax
    # What only a loop makes valid, in the words of parse.y's compiler and of
    # Prism, and what ends a parser's own line of an error.
    LOOSE = /Can't escape from eval with (next|break|redo)|Invalid (next|break|redo)/.freeze
    MARKED = /^\s*\|\s+\^~*\s*(\S.*)$/.freeze # Prism: "    | ^~~~ Invalid next"

    # Raises the SyntaxError of a text. Which names are local variables decides
    # what "a /b" is.
    def self.check(text, locals, file, line)
      names = "__pw_ = #{locals.map { |l| "#{l} = " }.join}nil\n"
      verbose = $VERBOSE
      $VERBOSE = nil
      parse(names + text, file, line - 1)
    rescue SyntaxError => e
      raise unless loose?(e.message)
    ensure
      $VERBOSE = verbose
    end

    def self.parse(text, file, line)
      if defined?(RubyVM::InstructionSequence)
        RubyVM::InstructionSequence.compile(text, file, file, line)
      elsif RUBY_ENGINE == "jruby"
        require "jruby"
        JRuby.parse(text, file, false, line - 1) # it counts from 0
      end
    end

    def self.loose?(message)
      marked = message.scan(MARKED).flatten
      marked.empty? ? message =~ LOOSE : marked.all? { |m| m =~ LOOSE }
    end
  end
end
