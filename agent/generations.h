// SPDX-License-Identifier: Apache-2.0
// Generations: what is enforced now, what was before, and the change from one to the other. A set
// that does not compile, does not fit or cannot be recorded never replaces a running one.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "agent/backend.h"
#include "agent/build.h"
#include "agent/event_row.h"
#include "agent/host_names.h"
#include "agent/store.h"

namespace synpol {

/// Why there is a generation.
struct Cause {
    std::string kind = "apply"; ///< as GenerationRow::kind
    std::string user;
    std::optional<std::int64_t> sources_of = {}; ///< GenerationRow::rollback_of
};

/// What an apply, a rollback or a date came to.
struct Applied {
    std::optional<GenerationRow> generation; ///< nothing: refused, the report says why
    bool unchanged = false;                  ///< this very set is enforced already
    Report report;
    std::string remark; ///< in words, or ""
};

class Generations {
  public:
    Generations(Store& store, Backend& backend) : store_{store}, backend_{backend} {}

    /// At the start: takes over what the kernel enforces already; otherwise enforces again what the
    /// store says was active. False: there is nothing of the kind.
    Result<bool> resume();
    /// Whether resume() found its image in the kernel.
    bool adopted() const { return adopted_; }
    /// What is enforced but not as it should be, in words; "" when all is well.
    const std::string& problem() const { return problem_; }

    /// Without a look at the store or the backend: safe beside everything else.
    BuildResult build(Bundle bundle, RenderOptions options, Date day);
    /// Makes a compiled set the current one and records it.
    Result<Applied> install(BuildResult built, const Cause& cause);
    /// The generation that a rollback goes to: the one named, or the one before the current.
    Result<GenerationRow> rollback_target(std::optional<std::int64_t> named);

    /// In a store that knows nothing of it yet: writes down what is enforced.
    Result<void> record_again();

    /// Null: nothing is enforced, or its sources are not known.
    const Generation* active() const { return active_.get(); }
    /// The sources of what is enforced are other rules on this day.
    bool is_outdated(Date day) const;
    /// By sp_event.tag; also those of before, from the store. Null: not known.
    const Generation* find(std::uint64_t tag);
    /// Enforcement has ended.
    void clear() { active_.reset(); }

  private:
    Result<bool> adopt(std::uint64_t tag);
    Result<bool> restore();
    Result<std::shared_ptr<Generation>> rebuild(const GenerationRow& row, Report& report);
    std::shared_ptr<Generation> load(std::uint64_t tag);
    void make_room();
    void make_active(std::shared_ptr<Generation> generation);
    GenerationRow describe(const Built& built, const Cause& cause) const;

    Store& store_;
    Backend& backend_;
    HostNames names_;
    std::shared_ptr<Generation> active_;
    std::map<std::uint64_t, std::shared_ptr<Generation>> by_tag_; ///< null: looked for in vain
    bool adopted_ = false;
    std::string problem_;
};

} // namespace synpol
