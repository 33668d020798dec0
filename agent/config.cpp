// SPDX-License-Identifier: Apache-2.0
#include "agent/config.h"

#include <algorithm>
#include <bit>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include "policy/suggest.h"

namespace synpol {
namespace {

/// A wrong value, in words; nothing when it was taken.
using Problem = std::optional<std::string>;

struct Key {
    const char* name;
    Problem (*read)(const YAML::Node& node, Config& config);
};

Problem read_text(const YAML::Node& node, std::string& out) {
    if (!node.IsScalar()) return "must be a text";
    out = node.Scalar();
    return {};
}

template <std::string Config::*member>
Problem absolute_path(const YAML::Node& node, Config& config) {
    std::string path;
    if (auto problem = read_text(node, path)) return problem;
    if (!path.starts_with('/')) return "must be an absolute path";
    config.*member = std::move(path);
    return {};
}

Problem cgroup_root(const YAML::Node& node, Config& config) {
    if (node.IsNull() || (node.IsScalar() && node.Scalar().empty())) {
        config.cgroup_root.clear();
        return {};
    }
    return absolute_path<&Config::cgroup_root>(node, config);
}

Problem one_of(const YAML::Node& node, std::initializer_list<const char*> words, std::string& out) {
    std::string word;
    if (auto problem = read_text(node, word)) return problem;
    if (std::find(words.begin(), words.end(), word) == words.end()) {
        return fmt::format("must be one of {}, not \"{}\"", fmt::join(words, ", "), word);
    }
    out = std::move(word);
    return {};
}

Problem log_level(const YAML::Node& node, Config& config) {
    return one_of(node, {"trace", "debug", "info", "warn", "error"}, config.log_level);
}

Problem xdp_mode(const YAML::Node& node, Config& config) {
    return one_of(node, {"auto", "native", "generic"}, config.xdp_mode);
}

Problem backend(const YAML::Node& node, Config& config) {
    return one_of(node, {"kernel", "sim"}, config.backend);
}

Problem guard(const YAML::Node& node, Config& config) {
    std::string word;
    if (auto problem = one_of(node, {"on", "off"}, word)) return problem;
    config.guard = word == "on";
    return {};
}

Problem interfaces(const YAML::Node& node, Config& config) {
    if (!node.IsSequence()) return "must be a list of interface names";
    std::vector<std::string> names;
    for (const auto& item : node) {
        if (!item.IsScalar() || item.Scalar().empty()) return "must be a list of interface names";
        names.push_back(item.Scalar());
    }
    config.interfaces = std::move(names);
    return {};
}

Problem ring_bytes(const YAML::Node& node, Config& config) {
    constexpr unsigned smallest = 4096;
    constexpr unsigned largest = 1u << 30;
    unsigned bytes = 0;
    if (!node.IsScalar() || !YAML::convert<unsigned>::decode(node, bytes) ||
        !std::has_single_bit(bytes) || bytes < smallest || bytes > largest) {
        return fmt::format("must be a power of two from {} to {}", smallest, largest);
    }
    config.ring_bytes = bytes;
    return {};
}

constexpr Key keys[] = {
    {"state_dir", absolute_path<&Config::state_dir>},
    {"run_dir", absolute_path<&Config::run_dir>},
    {"bpffs_dir", absolute_path<&Config::bpffs_dir>},
    {"policy_dir", absolute_path<&Config::policy_dir>},
    {"interfaces", interfaces},
    {"cgroup_root", cgroup_root},
    {"log_level", log_level},
    {"xdp_mode", xdp_mode},
    {"ring_bytes", ring_bytes},
    {"backend", backend},
    {"guard", guard},
};

Error at(const std::string& path, const YAML::Mark& mark, std::string_view message) {
    // yaml-cpp counts from 0 and gives -1 when it does not know.
    if (mark.line < 0) return Error{fmt::format("{}: {}", path, message)};
    return Error{fmt::format("{}:{}:{}: {}", path, mark.line + 1, mark.column + 1, message)};
}

Error unknown_key(const std::string& path, const YAML::Node& key) {
    std::vector<std::string_view> names;
    std::transform(std::begin(keys), std::end(keys), std::back_inserter(names),
                   [](const Key& known) { return known.name; });
    auto error = at(path, key.Mark(), fmt::format("unknown key \"{}\"", key.Scalar()));
    if (const auto close = closest(key.Scalar(), names)) {
        return std::move(error).with_help(fmt::format("did you mean \"{}\"?", *close));
    }
    return std::move(error).with_help(fmt::format("the keys are {}", fmt::join(names, ", ")));
}

Result<void> read_entry(const YAML::Node& key, const YAML::Node& value, const std::string& path,
                        Config& config) {
    if (!key.IsScalar()) return at(path, key.Mark(), "a key must be a word");
    const auto* known = std::find_if(std::begin(keys), std::end(keys), [&](const Key& candidate) {
        return key.Scalar() == candidate.name;
    });
    if (known == std::end(keys)) return unknown_key(path, key);
    if (auto problem = known->read(value, config)) {
        return at(path, value.Mark(), fmt::format("{} {}", known->name, *problem));
    }
    return {};
}

Result<Config> read_document(const YAML::Node& document, const std::string& path) {
    Config config;
    if (!document.IsDefined() || document.IsNull()) return config;
    if (!document.IsMap()) return at(path, document.Mark(), "must be a map of keys to values");
    std::vector<std::string> seen;
    for (const auto& entry : document) {
        // yaml-cpp keeps both entries of a repeated key; the later one would win silently.
        if (std::find(seen.begin(), seen.end(), entry.first.Scalar()) != seen.end()) {
            return at(path, entry.first.Mark(),
                      fmt::format("key \"{}\" is given twice", entry.first.Scalar()));
        }
        seen.push_back(entry.first.Scalar());
        if (auto read = read_entry(entry.first, entry.second, path, config); !read) {
            return std::move(read.error());
        }
    }
    return config;
}

} // namespace

Result<Config> parse_config(const std::string& text, const std::string& path) {
    try {
        return read_document(YAML::Load(text), path);
    } catch (const YAML::ParserException& exception) {
        return at(path, exception.mark, exception.msg);
    } catch (const YAML::Exception& exception) {
        return at(path, exception.mark, exception.msg);
    }
}

} // namespace synpol
