// SPDX-License-Identifier: Apache-2.0
// Bundle: everything a compilation reads, as data: the texts of all files and the numbers of all
// user and group names. The agent compiles bundles only, so that what it enforces can be made
// again, byte for byte, for a rollback or after a restart, whatever became of the files.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/source.h"

namespace synpol {

/// What a name service answered; a name that it does not know is recorded as such.
using ResolvedIds = std::map<std::string, std::optional<std::uint32_t>, std::less<>>;

struct Bundle {
    std::string origin;             ///< the file or folder that was applied, absolute; for people
    std::vector<std::string> roots; ///< the files given to load_policies()
    std::map<std::string, std::string, std::less<>> files; ///< normalised path -> text
    ResolvedIds users;
    ResolvedIds groups;

    bool operator==(const Bundle&) const = default;
};

/// Texts that are not UTF-8 cannot be written as JSON: an Error that names the file.
Result<std::string> to_json(const Bundle& bundle);
Result<Bundle> bundle_from_json(std::string_view text);

/// Passes on to another loader and keeps what it gave.
class RecordingLoader : public SourceLoader {
  public:
    RecordingLoader(SourceLoader& inner, Bundle& bundle) : inner_{inner}, bundle_{bundle} {}
    Result<Loaded> load(std::string_view path, std::string_view from) override;

  private:
    SourceLoader& inner_;
    Bundle& bundle_;
};

/// Answers from a bundle alone.
class BundleLoader : public SourceLoader {
  public:
    explicit BundleLoader(const Bundle& bundle) : bundle_{bundle} {}
    Result<Loaded> load(std::string_view path, std::string_view from) override;

  private:
    const Bundle& bundle_;
};

/// Answers from what the bundle recorded; asks `host` for names it does not have and records them.
class RecordingNames : public NameService {
  public:
    RecordingNames(Bundle& bundle, NameService& host) : bundle_{bundle}, host_{host} {}
    std::optional<std::uint32_t> user(std::string_view name) override;
    std::optional<std::uint32_t> group(std::string_view name) override;

  private:
    Bundle& bundle_;
    NameService& host_;
};

} // namespace synpol
