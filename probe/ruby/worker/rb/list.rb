# frozen_string_literal: true

# Pitwall::Kind::List is beside the blocks that it lists.
require File.join(__dir__, "block")
