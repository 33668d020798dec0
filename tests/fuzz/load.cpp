// SPDX-License-Identifier: Apache-2.0
// From text to model and to what the user sees of it: names, sets, files and `use`, cycles among
// them. The input is the policy; where it names another file it gets what follows the first NUL
// byte, so that one input also makes up lists and used policies.
#include <cstdint>
#include <string_view>

#include "policy/program.h"
#include "policy/render.h"

namespace {

class Loader final : public synpol::SourceLoader {
  public:
    explicit Loader(std::string_view input)
        : policy_{input.substr(0, input.find('\0'))}, other_{
                                                          policy_.size() == input.size()
                                                              ? std::string_view{}
                                                              : input.substr(policy_.size() + 1)} {}

    synpol::Result<Loaded> load(std::string_view path, std::string_view from) override {
        if (path.ends_with("none")) return synpol::Error{"no such file"};
        return Loaded{std::string{path}, std::string{from.empty() ? policy_ : other_}};
    }

  private:
    std::string_view policy_;
    std::string_view other_;
};

class Names final : public synpol::NameService {
  public:
    std::optional<std::uint32_t> user(std::string_view name) override { return number(name); }
    std::optional<std::uint32_t> group(std::string_view name) override { return number(name); }

  private:
    static std::optional<std::uint32_t> number(std::string_view name) {
        if (name.size() > 8) return {}; // an account that the host does not have
        return static_cast<std::uint32_t>(name.size());
    }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Loader loader{{reinterpret_cast<const char*>(data), size}};
    Names names;
    synpol::SourceMap sources;
    synpol::Diagnostics diagnostics;
    constexpr synpol::Date day{20'000}; // some dates are over, some are ahead
    synpol::Program program{{"main.syn"}, {loader, names, sources, day}, diagnostics};
    program.resolve(diagnostics);
    program.tests(diagnostics, synpol::TestScope::file);
    render(diagnostics, sources, {});
    render_json(diagnostics, sources);
    return 0;
}
