// SPDX-License-Identifier: Apache-2.0
#include "agent/generations.h"

#include <algorithm>

#include <fmt/format.h>

namespace synpol {
namespace {

/// Compiled sets kept for events of before; a set of 10,000 rules takes some 100 MiB.
constexpr std::size_t sets_kept = 3;

std::string hash_of(const Built& built) {
    return to_hex(built.compiled.image.hash());
}

} // namespace

BuildResult Generations::build(Bundle bundle, RenderOptions options, Date day) {
    HostNames names;
    return synpol::build(std::move(bundle), &backend_.facts(), names, options, day);
}

bool Generations::is_outdated(Date day) const {
    if (!active_) return false;
    const auto last = active_->built->last_day();
    return last && *last < day;
}

Result<std::shared_ptr<Generation>> Generations::rebuild(const GenerationRow& row, Report& report) {
    auto bundle = store_.bundle(row.id);
    if (!bundle) return std::move(bundle.error());
    auto result = build(std::move(*bundle), {}, row.day);
    report = result.report;
    if (!result.built) return std::shared_ptr<Generation>{};
    return std::make_shared<Generation>(Generation{row, std::move(result.built)});
}

void Generations::make_room() {
    if (by_tag_.size() < sets_kept) return;
    std::erase_if(by_tag_, [&](const auto& entry) { return entry.second != active_; });
}

void Generations::make_active(std::shared_ptr<Generation> generation) {
    active_ = std::move(generation);
    make_room();
    by_tag_[active_->built->compiled.image.tag()] = active_;
}

std::shared_ptr<Generation> Generations::load(std::uint64_t tag) {
    auto row = store_.by_tag(tag);
    if (!row || !*row) return nullptr;
    Report report;
    auto generation = rebuild(**row, report);
    if (!generation || !*generation) return nullptr;
    // Another compiler makes another image of the same sources: its numbers would give wrong names.
    return (*generation)->built->compiled.image.tag() == tag ? *generation : nullptr;
}

const Generation* Generations::find(std::uint64_t tag) {
    if (const auto known = by_tag_.find(tag); known != by_tag_.end()) return known->second.get();
    auto generation = load(tag);
    make_room();
    return (by_tag_[tag] = std::move(generation)).get();
}

Result<bool> Generations::adopt(std::uint64_t tag) {
    adopted_ = true;
    auto row = store_.by_tag(tag);
    if (!row) return std::move(row.error());
    if (!*row) {
        problem_ =
            fmt::format("the kernel enforces image {}, which the audit database does not know; "
                        "apply a policy to replace it",
                        hex16(tag));
        return true;
    }
    Report report;
    auto generation = rebuild(**row, report);
    if (!generation) return std::move(generation.error());
    if (!*generation || (*generation)->built->compiled.image.tag() != tag) {
        problem_ =
            fmt::format("the kernel enforces image {} of generation {}, but its sources give "
                        "another image with this synpol; apply it again",
                        hex16(tag), (*row)->id);
        return true;
    }
    make_active(*generation);
    // An agent that died between the flip and the note left the mark on the one before.
    if (auto marked = store_.activate(active_->row.id); !marked) return std::move(marked.error());
    active_->row.active = true;
    return true;
}

Result<bool> Generations::restore() {
    auto row = store_.active();
    if (!row) return std::move(row.error());
    if (!*row) return false;
    Report report;
    auto generation = rebuild(**row, report);
    if (!generation) return std::move(generation.error());
    if (!*generation) {
        problem_ =
            fmt::format("generation {} is not enforced: it cannot be compiled for this host\n{}",
                        (*row)->id, report.text);
        return true;
    }
    auto applied = backend_.apply((*generation)->built->compiled);
    if (!applied) {
        return std::move(applied.error())
            .within(fmt::format("enforcing generation {}", (*row)->id));
    }
    make_active(*generation);
    return true;
}

Result<bool> Generations::resume() {
    const auto tag = backend_.adopted();
    auto resumed = tag ? adopt(*tag) : restore();
    if (!resumed || !active_) return resumed;
    // Generations are recorded in the order in which they are enforced: a later one is of an agent
    // that died before it could, and must not be what a rollback goes to.
    auto forgotten = store_.forget_generations_after(active_->row.id);
    if (!forgotten) return std::move(forgotten.error());
    return resumed;
}

GenerationRow Generations::describe(const Built& built, const Cause& cause) const {
    GenerationRow row;
    row.time_ns = now_ns();
    row.kind = cause.kind;
    row.rollback_of = cause.sources_of;
    row.hash = hash_of(built);
    row.tag = built.compiled.image.tag();
    row.origin = built.bundle.origin;
    row.user = cause.user;
    row.day = built.day;
    row.rules = static_cast<std::int64_t>(built.compiled.boxes.model.rules.size());
    return row;
}

Result<Applied> Generations::install(BuildResult result, const Cause& cause) {
    Applied applied;
    applied.report = std::move(result.report);
    if (!result.built) return applied;
    if (active_ && active_->built->bundle == result.built->bundle &&
        active_->row.hash == hash_of(*result.built)) {
        applied.generation = active_->row;
        applied.unchanged = true;
        // The same rules, but on a later day: other dates are ahead of them.
        make_active(
            std::make_shared<Generation>(Generation{active_->row, std::move(result.built)}));
        return applied;
    }
    // Recorded first: whoever finds this image in the kernel can then always tell what it is.
    auto row = describe(*result.built, cause);
    auto id = store_.add_generation(row, result.built->bundle);
    if (!id) return std::move(id.error());
    row.id = *id;
    row.active = true;
    if (auto flipped = backend_.apply(result.built->compiled); !flipped) {
        auto error = std::move(flipped.error());
        if (auto forgotten = store_.forget_generation(row.id); !forgotten) {
            return std::move(error).within(forgotten.error().message());
        }
        return error;
    }
    if (auto marked = store_.activate(row.id); !marked) {
        applied.remark = "enforced, but not marked as active: " + marked.error().message();
    }
    make_active(std::make_shared<Generation>(Generation{row, std::move(result.built)}));
    problem_.clear();
    adopted_ = false;
    applied.generation = std::move(row);
    return applied;
}

Result<void> Generations::record_again() {
    // Those of before are not in this store: rows that name them would be refused.
    by_tag_.clear();
    if (!active_) return {};
    auto& row = active_->row;
    by_tag_[row.tag] = active_;
    auto known = store_.by_tag(row.tag);
    if (!known) return std::move(known.error());
    if (*known) {
        row.id = (*known)->id;
    } else {
        row.rollback_of.reset();
        auto id = store_.add_generation(row, active_->built->bundle);
        if (!id) return std::move(id.error());
        row.id = *id;
    }
    return store_.activate(row.id);
}

Result<GenerationRow> Generations::rollback_target(std::optional<std::int64_t> named) {
    if (named) {
        auto row = store_.generation(*named);
        if (!row) return std::move(row.error());
        if (*row) return **row;
        return Error{fmt::format("there is no generation {}", *named)}.with_help(
            "`synpol history` lists them");
    }
    auto rows = store_.history();
    if (!rows) return std::move(rows.error());
    const auto current = std::find_if(rows->begin(), rows->end(),
                                      [](const GenerationRow& row) { return row.active; });
    if (current == rows->end()) return Error{"nothing is enforced that could be rolled back"};
    // A rollback stands where the generation stands whose sources it took, so that a second one
    // goes further back instead of forward again. So does what a date has made.
    const auto place = current->rollback_of.value_or(current->id);
    const auto before = std::find_if(rows->begin(), rows->end(), [&](const GenerationRow& row) {
        return row.id < place && row.kind == "apply";
    });
    if (before != rows->end()) return *before;
    return Error{fmt::format("generation {} is the first: there is nothing before it", place)}
        .with_help("`synpol stop` ends enforcement");
}

} // namespace synpol
