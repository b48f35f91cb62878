# frozen_string_literal: true

# Debian's packages need no bundler; who sets BUNDLE_GEMFILE asks for it.
require "bundler/setup" if ENV["BUNDLE_GEMFILE"]
