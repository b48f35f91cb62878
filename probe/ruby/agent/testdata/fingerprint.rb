# Prints what does not hold; silence is success.
dir = ARGV.fetch(0)
module PitwallAgent; FAULTS = [NameError].freeze; end
load "#{dir}/pitwall_agent/fingerprint.rb"
Connection = Struct.new(:adapter_name)
PRINTS = Hash.new { |h, k| h[k] = PitwallAgent::Fingerprint.new(Connection.new(k)) }

VECTORS = [
  ["PostgreSQL", %q{SELECT "orders".* FROM "orders" WHERE "orders"."id" = $1 LIMIT $2}, %q{SELECT "orders".* FROM "orders" WHERE "orders"."id" = ? LIMIT ?}],
  ["PostgreSQL", %q{SELECT t0_r1, 'it''s' FROM a WHERE b IN (1, 2,3) AND c = -5.2e10 AND d='x\' AND e = 'secret' -- hello 'y}, "SELECT t0_r1, ? FROM a WHERE b IN (?) AND c = ? AND d=? AND e = ?"],
  ["PostgreSQL", %q{SELECT $$secret$$ || $a$sec'ret$a$ || E'a\'secret', x::int, "we 12 ird" FROM t5 WHERE a[1] = 0xFF}, 'SELECT ? || ? || ?, x::int, "we 12 ird" FROM t5 WHERE a[?] = ?'],
  ["PostgreSQL", "SELECT a /* it's \n a 'secret' */ FROM b", "SELECT a FROM b"],
  ["PostgreSQL", "SELECT a /* x /* y */ it's 'secret' */ FROM b", "SELECT a"],
  ["PostgreSQL", "SELECT U&'d\\0061t', b'01', X'ff', .5, 1_000", "SELECT ?"],
  ["PostgreSQL", %q{INSERT INTO "x" ("a","b") VALUES ($1, now()), ($3, $4) ON CONFLICT DO NOTHING RETURNING "id"}, %q{INSERT INTO "x" ("a","b") VALUES (?) ON CONFLICT DO NOTHING RETURNING "id"}],
  ["PostgreSQL", "RELEASE SAVEPOINT active_record_12", "RELEASE SAVEPOINT active_record_?"],
  ["PostgreSQL", "SELECT 'unclosed secret", "SELECT ?"],
  ["PostgreSQL", "SELECT \xff'secret'", "SELECT ??"],
  ["PostgreSQL", "SELECT a FROM b WHERE (x, y) IN ((1, 2), (3, 4))", "SELECT a FROM b WHERE (x, y) IN ((?))"],
  ["Mysql2", %q{SELECT `a`, "se\"cret", 'x\'secret' FROM t # secret} + "\n WHERE a = 1 -- x", "SELECT `a`, ? FROM t WHERE a = ?"],
  ["Trilogy", "SELECT a--1 FROM t WHERE b = 'secret'", "SELECT a--? FROM t WHERE b = ?"],
  ["SQLite", %q{SELECT "a"."b" FROM "a" WHERE "a"."n" = "secret" AND x IN ("secret", "two") AND "a"."c" = "b"."c" ORDER BY "b"}, %q{SELECT "a"."b" FROM "a" WHERE "a"."n" = ? AND x IN (?) AND "a"."c" = "b"."c" ORDER BY "b"}],
  ["Oracle", %q{SELECT "a" FROM b WHERE c = :a1 AND d = 'secret'}, %q{SELECT "a" FROM b WHERE c = ? AND d = ?}],
  ["PostgreSQL", "SELECT '#{'secret' * 5000}'", "SELECT ? ..."],
  ["PostgreSQL", "SELECT 1".encode("UTF-16LE"), "SELECT ?"],
].freeze
VECTORS.each do |adapter, sql, want|
  got = PRINTS[adapter].of(sql)
  puts "#{adapter}: #{sql.inspect[0, 200]}\n  #{got.inspect}, want\n  #{want.inspect}" unless got == want
  puts "#{got.inspect} is not valid UTF-8" unless got.encoding == Encoding::UTF_8 && got.valid_encoding?
end

# A literal anywhere in random hostile text never comes through whole, where the
# text is a statement: pieces of syntax around properly quoted secrets.
random = Random.new(1)
PIECES = ["a", " ", ",", "(", ")", "=", "1", "'x'", "''", "/*c*/", "--c\n", '"n"', "$1", "::int", "IN (", "E'\\''", "$$q$$", "$t$'$t$", ";"].freeze
2000.times do
  sql = Array.new(20) { PIECES.sample(random: random) }.join(" ")
  sql = "#{sql} 'SECRET''SECRET' #{PIECES.sample(random: random)} $$SECRET$$ E'SEC\\'SECRET'"
  got = PRINTS["PostgreSQL"].of(sql)
  puts "leaked: #{sql}\n  #{got}" if got.include?("SECRET")
end

# Hostile text of the longest length that is read stays far from quadratic: a
# quadratic pattern takes minutes in all, and the test's own limit ends it.
HOSTILE = ["'", '"', "$a$", "$$", "/*", "/*/", "\\", "?,", "(?),", "IN (?, ", "--", "1", "1.e", "1_", ":a", " ", "VALUES(", "< ", "E'", "[1", "-?", "\n", "=-"].freeze
HOSTILE.each { |piece| ["", "INSERT ", "'", "E'"].each { |head| PRINTS.each_value { |f| f.of(head + piece * 8192) } } }

known = PRINTS["PostgreSQL"]
[["SELECT 1", true], ["WITH a AS (SELECT 1) SELECT 2", true], ["(SELECT 1) UNION (SELECT 2)", true], ["SELECT 1; DROP TABLE x", false],
 ["WITH a AS (DELETE FROM b RETURNING *) SELECT 1", false], ["SELECT nextval('x')", false], ["INSERT INTO a VALUES (1)", false], ["UPDATE a SET b = 1", false],
 ["SELECT a INTO b FROM c", false], ["SELECT a FROM b FOR UPDATE", false], ["SELECT 'x;y'", true], ["BEGIN", false], ["SELECT deleted_at, updated_at FROM b", true]].each do |sql, want|
  got = known.known(sql) { 0 }[1]
  puts "#{sql}: may be explained #{got}, want #{want}" unless got == want
end
