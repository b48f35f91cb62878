# frozen_string_literal: true

module PitwallAgent
  # Statements without literals, as one kind of database reads them. What is
  # not closed (a string, a comment) runs to the end, so that nothing of it is
  # left over; quantifiers are possessive, so hostile text costs linear time.
  class Fingerprint
    READ = 8192   # bytes of a statement that are read
    KEEP = 2000   # bytes of a fingerprint that are kept
    ENTRIES = 2000 # statements that are remembered
    LONGEST = 4096 # bytes of a statement that is worth remembering

    NUMBER = /(?<![\w$.@])(?:0[xX]\h+|\d[\d_]*(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)(?![\w$])/.freeze
    BIND = /\$\d+|(?<![:\w]):[a-zA-Z_]\w*|@\d+/.freeze
    STRING = /(?:(?<![\w$])(?:[bBxXnN]|[uU]&))?'(?:[^']++|'')*+(?:'|\z)/.freeze
    QUOTED = /"(?:[^"]++|"")*+(?:"|\z)|`(?:[^`]++|``)*+(?:`|\z)/.freeze
    COMMENT = %r{--[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\z)}.freeze

    # Comments nest here; one within another ends the text.
    POSTGRESQL = %r{
      (?<comment>--[^\n]*+|/\*(?:[^*/]++|\*(?!/)|/(?!\*))*+(?:\*/|/\*.*|\z))
      |(?<value>(?<![\w$])[eE]'(?:[^'\\]++|''|\\.|\\\z)*+(?:'|\z)
        |#{STRING}
        |(?<![\w$])\$\$.*?(?:\$\$|\z)
        |(?<![\w$])\$(?<tag>[a-zA-Z_]\w*)\$.*?(?:\$\k<tag>\$|\z)
        |#{BIND}|#{NUMBER})
      |#{QUOTED}
    }mx.freeze

    MYSQL = %r{
      (?<comment>--(?=\s|\z)[^\n]*+|\#[^\n]*+|/\*(?:[^*]++|\*(?!/))*+(?:\*/|\z))
      |(?<value>(?:(?<![\w$])[bBxXnN])?'(?:[^'\\]++|''|\\.|\\\z)*+(?:'|\z)
        |"(?:[^"\\]++|""|\\.|\\\z)*+(?:"|\z)
        |#{NUMBER})
      |`(?:[^`]++|``)*+(?:`|\z)
    }mx.freeze

    # A name in double quotes that is no column is a string to SQLite.
    SQLITE = %r{
      (?<comment>#{COMMENT})
      |(?<value>#{STRING}|(?<=[=<>]|[=<>]\s|like\s|LIKE\s)"(?:[^"]++|"")*+(?:"|\z)(?!\s*\.)|#{BIND}|#{NUMBER})
      |#{QUOTED}
    }mx.freeze

    OTHER = %r{(?<comment>#{COMMENT})|(?<value>#{STRING}|#{BIND}|#{NUMBER})|#{QUOTED}}mx.freeze

    # What may be explained: reads alone, and one statement alone.
    READS = /\A\(*(?:SELECT|WITH)\b/i.freeze
    WRITES = /;|\b(?:INTO|INSERT|UPDATE|DELETE|MERGE|REPLACE|CREATE|DROP|ALTER|CALL|LOCK|nextval|setval|dblink\w*|lo_\w+|pg_\w*lock\w*)\b/i.freeze

    DOUBLE, BACK, DASH, SLASH, HASH = '"`-/#'.bytes

    def initialize(connection)
      name = connection.respond_to?(:adapter_name) ? connection.adapter_name.to_s : ""
      @tokens = case name
                when /mysql|trilogy/i then MYSQL
                when /postg/i then POSTGRESQL
                when /sqlite/i then SQLITE
                else OTHER
                end
      @double = @tokens.equal?(MYSQL) || @tokens.equal?(SQLITE)
      @known = {}
    end

    # [number, whether it may be explained]; the block numbers a new text.
    def known(sql)
      entry = @known[sql]
      return entry if entry

      text = of(sql)
      entry = [yield(text), text.match?(READS) && !text.match?(WRITES) && sql.bytesize <= READ].freeze
      return entry if sql.bytesize > LONGEST

      @known.clear if @known.size >= ENTRIES
      @known[sql] = entry
    end

    # The statement without literals and comments.
    def of(sql)
      sql = sql.encode(Encoding::UTF_8, invalid: :replace, undef: :replace) unless sql.encoding.ascii_compatible?
      cut = sql.bytesize > READ
      text = (cut ? sql.byteslice(0, READ) : sql).b.gsub(@tokens) do |token|
        case token.getbyte(0)
        when DOUBLE, BACK then @double && $~[:value] ? "?" : token
        when DASH, SLASH, HASH then " "
        else "?"
        end
      end
      text.gsub!(/\s+/, " ")
      text.strip!
      squeeze(text)
      text = text.byteslice(0, KEEP) if text.bytesize > KEEP
      text << " ..." if cut
      text.force_encoding(Encoding::UTF_8).scrub("?").freeze
    end

    private

    # Lists of any length are one list; rows to insert are one row.
    def squeeze(text)
      text.gsub!(/([=<>(,] ?)[-+] ?\?/, '\1?')
      text.gsub!(/(?<=\bIN \(|\bIN\()(?:"(?:[^"]++|"")*+"[, ]*+|[?, ])+(?=\))/i, "?") if @tokens.equal?(SQLITE)
      text.gsub!(/\?(?: ?, ?\?)+/, "?")
      text.gsub!(/\( ?\? ?\)(?: ?, ?\( ?\? ?\))+/, "(?)")
      text.gsub!(/\bactive_record_\d+\b/, "active_record_?")
      text.sub!(/\bVALUES ?\(.*?(?= ON CONFLICT| ON DUPLICATE| RETURNING|\z)/im, "VALUES (?)") if text.match?(/\A(?:INSERT|REPLACE)/i)
    end
  end
end
