// SPDX-License-Identifier: Apache-2.0
// The texts that are open in the editor, over the files on disk.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "agent/files.h"
#include "agent/lsp/positions.h"

namespace synpol::lsp {

struct Document {
    std::string uri; ///< as the editor writes it
    std::string text;
    std::optional<std::int64_t> version;
};

/// By the path of the loader.
using Documents = std::map<std::string, Document>;

/// Applies one item of `contentChanges`; false, and no change, when it makes no sense.
bool apply_change(std::string& text, const Json& change, Encoding encoding);

/// Open texts over the disk; remembers what was asked for.
class OverlayLoader : public SourceLoader {
  public:
    explicit OverlayLoader(const Documents& documents) : documents_{documents} {}

    Result<Loaded> load(std::string_view path, std::string_view from) override;
    bool asked_for(const std::string& path) const { return asked_.contains(path); }

  private:
    const Documents& documents_;
    FileLoader disk_;
    std::set<std::string> asked_;
};

} // namespace synpol::lsp
