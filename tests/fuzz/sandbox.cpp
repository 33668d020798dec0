// SPDX-License-Identifier: Apache-2.0
// Sandbox documents of any bytes: reading ends, and the `.syn` that is shown for one without errors
// parses and resolves. Where a document extends another file, that is what follows the first NUL.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "policy/program.h"
#include "policy/render.h"
#include "policy/sandbox/load.h"
#include "policy/sandbox/model.h"
#include "policy/sandbox/text.h"

namespace {

class Loader final : public synpol::SourceLoader {
  public:
    explicit Loader(std::string_view input)
        : first_{input.substr(0, input.find('\0'))}, other_{first_.size() == input.size()
                                                                ? std::string_view{}
                                                                : input.substr(first_.size() + 1)} {
    }

    synpol::Result<Loaded> load(std::string_view path, std::string_view from) override {
        if (path.ends_with("none")) return synpol::Error{"no such file"};
        if (path == "shown.syn") return Loaded{"shown.syn", shown};
        return Loaded{std::string{path}, std::string{from.empty() ? first_ : other_}};
    }

    std::string shown;

  private:
    std::string_view first_;
    std::string_view other_;
};

class Names final : public synpol::NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view) override { return {}; }
    std::optional<std::uint32_t> group(std::string_view) override { return {}; }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Loader loader{{reinterpret_cast<const char*>(data), size}};
    Names names;
    synpol::SourceMap sources;
    synpol::Diagnostics diagnostics;
    const synpol::LoadInputs inputs{loader, names, sources, {}, true};
    const auto document = synpol::load_sandbox("main.yaml", "", inputs, diagnostics);
    if (document) {
        (void)synpol::sandbox_model(*document, {}, inputs, diagnostics);
        synpol::Reporter reporter{diagnostics};
        loader.shown = synpol::sandbox_text({*document, {}, reporter});
    }
    render(diagnostics, sources, {});
    render_json(diagnostics, sources);
    if (!document || diagnostics.has_errors()) return 0;
    synpol::Diagnostics second;
    synpol::load_policies({"shown.syn"}, inputs, second);
    if (second.has_errors()) std::abort();
    return 0;
}
