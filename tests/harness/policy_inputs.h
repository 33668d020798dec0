// SPDX-License-Identifier: Apache-2.0
// Where the policies of tests come from: a table in memory, or a folder; and a host with a few
// users.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include "policy/load.h"
#include "policy/render.h"

namespace synpol::test {

/// Files by name; a file is identified by its name.
class TableLoader : public SourceLoader {
  public:
    explicit TableLoader(std::map<std::string, std::string> files = {})
        : files_{std::move(files)} {}

    Result<Loaded> load(std::string_view path, std::string_view) override {
        const auto found = files_.find(std::string{path});
        if (found == files_.end()) return Error{"No such file or directory"};
        return Loaded{found->first, found->second};
    }

  private:
    std::map<std::string, std::string> files_;
};

/// Files of one folder, named relative to it.
class FolderLoader : public SourceLoader {
  public:
    explicit FolderLoader(std::filesystem::path folder) : folder_{std::move(folder)} {}

    Result<Loaded> load(std::string_view path, std::string_view from) override {
        const auto base = std::filesystem::path{from}.parent_path();
        const auto name = (base / path).lexically_normal();
        std::ifstream file{folder_ / name, std::ios::binary};
        if (!file) return Error{"No such file or directory"};
        std::stringstream text;
        text << file.rdbuf();
        return Loaded{name.string(), text.str()};
    }

  private:
    std::filesystem::path folder_;
};

/// The users and groups of a host that exists in tests only.
class TestNames : public NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view name) override { return find(users_, name); }
    std::optional<std::uint32_t> group(std::string_view name) override {
        return find(groups_, name);
    }
    std::vector<std::string> user_names() override { return names_of(users_); }
    std::vector<std::string> group_names() override { return names_of(groups_); }

  private:
    using Table = std::map<std::string, std::uint32_t, std::less<>>;
    static std::vector<std::string> names_of(const Table& table) {
        std::vector<std::string> names;
        for (const auto& [name, id] : table) names.push_back(name);
        return names;
    }
    static std::optional<std::uint32_t> find(const Table& table, std::string_view name) {
        const auto found = table.find(name);
        if (found == table.end()) return {};
        return found->second;
    }
    const Table users_{{"root", 0}, {"www-data", 33}, {"build", 1000}, {"alice", 1001}};
    const Table groups_{{"root", 0}, {"www-data", 33}, {"developers", 2000}, {"wheel", 10}};
};

/// One run of load_policies with all that it needs.
struct Loaded {
    explicit Loaded(SourceLoader& loader, const std::string& path) {
        model = load_policies({path}, {loader, names, sources}, diagnostics);
    }

    std::string rendered() const { return render(diagnostics, sources, {}); }

    TestNames names;
    SourceMap sources;
    Diagnostics diagnostics;
    Model model;
};

} // namespace synpol::test
