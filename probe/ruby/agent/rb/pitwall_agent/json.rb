# frozen_string_literal: true

module PitwallAgent
  # Just enough JSON to write. The json library is a gem: loading it early could
  # activate another version than the app's Gemfile asks for.
  module Text
    PLAIN = /\A[ !#-\[\]-~]*\z/.freeze
    SPECIAL = /["\\\x00-\x1f\x7f]/.freeze
    LIMIT = 4096

    module_function

    def quote(value)
      s = value.to_s
      return "\"#{s}\"" if s.bytesize <= LIMIT && s.encoding.ascii_compatible? && PLAIN.match?(s)

      "\"#{clean(s).gsub(SPECIAL) { |c| format('\u%04x', c.ord) }}\""
    rescue *FAULTS
      '"?"'
    end

    # Valid UTF-8 of bounded length.
    def clean(text)
      s = text.encoding == Encoding::UTF_8 ? text : text.dup.force_encoding(Encoding::UTF_8)
      s = s.byteslice(0, LIMIT) if s.bytesize > LIMIT
      s.valid_encoding? ? s : s.scrub("?")
    end

    def dump(value)
      case value
      when Hash then "{#{value.map { |k, v| "#{quote(k)}:#{dump(v)}" }.join(',')}}"
      when Array then "[#{value.map { |v| dump(v) }.join(',')}]"
      when Float then value.finite? ? value.to_s : "null"
      when Integer, true, false then value.to_s
      when nil then "null"
      else quote(value)
      end
    end
  end
end
