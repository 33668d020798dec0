// SPDX-License-Identifier: Apache-2.0
// The part of the store that remembers what was enforced: generations with their sources.
#include "agent/store.h"

#include <algorithm>

#include <fmt/format.h>
#include <openssl/sha.h>

namespace synpol {
namespace {

std::string sha256_hex(std::string_view text) {
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
    std::string hex;
    for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
    return hex;
}

std::optional<std::int64_t> root_number(const Bundle& bundle, const std::string& path) {
    const auto found = std::find(bundle.roots.begin(), bundle.roots.end(), path);
    if (found == bundle.roots.end()) return {};
    return found - bundle.roots.begin();
}

GenerationRow read_generation(const Statement& row) {
    GenerationRow generation;
    generation.id = row.integer(0);
    generation.time_ns = row.integer(1);
    generation.kind = row.text(2);
    if (!row.is_null(3)) generation.rollback_of = row.integer(3);
    generation.hash = row.text(4);
    generation.tag = parse_hex16(row.text(5));
    generation.origin = row.text(6);
    generation.user = row.text(7);
    generation.rules = row.integer(8);
    generation.active = row.integer(9) != 0;
    generation.day = parse_date(row.text(10)).value_or(day_of(generation.time_ns));
    return generation;
}

Result<void> insert_ids(Database& database, std::int64_t generation, std::string_view kind,
                        const ResolvedIds& ids) {
    auto insert = database.prepare("INSERT INTO resolved VALUES (?1, ?2, ?3, ?4)");
    if (!insert) return std::move(insert.error());
    for (const auto& [name, number] : ids) {
        std::optional<std::int64_t> value;
        if (number) value = *number;
        auto done = insert->bind_all(generation, kind, name, value).run();
        if (!done) return done;
    }
    return {};
}

Result<void> read_sources(Database& database, std::int64_t generation, Bundle& bundle) {
    const auto take = [&bundle](const Statement& row) {
        auto path = row.text(0);
        if (!row.is_null(1)) bundle.roots.push_back(path);
        bundle.files.emplace(std::move(path), row.text(2));
    };
    return database.query("SELECT path, root, text FROM source JOIN content ON id = content"
                          " WHERE generation = ?1 ORDER BY root",
                          take, generation);
}

Result<void> read_ids(Database& database, std::int64_t generation, Bundle& bundle) {
    const auto take = [&bundle](const Statement& row) {
        std::optional<std::uint32_t> number;
        if (!row.is_null(2)) number = static_cast<std::uint32_t>(row.integer(2));
        auto& ids = row.text(0) == "user" ? bundle.users : bundle.groups;
        ids.emplace(row.text(1), number);
    };
    return database.query("SELECT kind, name, number FROM resolved WHERE generation = ?1", take,
                          generation);
}

} // namespace

Result<std::int64_t> Store::store_content(std::string_view text) {
    const auto hash = sha256_hex(text);
    auto insert = database_.prepare(
        "INSERT INTO content (sha256, text) VALUES (?1, ?2) ON CONFLICT DO NOTHING");
    if (!insert) return std::move(insert.error());
    if (auto done = insert->bind(1, hash).bind_blob(2, text).run(); !done) {
        return std::move(done.error());
    }
    auto select = database_.prepare("SELECT id FROM content WHERE sha256 = ?1");
    if (!select) return std::move(select.error());
    auto row = select->bind(1, hash).step();
    if (!row) return std::move(row.error());
    return select->integer(0);
}

Result<void> Store::insert_sources(std::int64_t generation, const Bundle& bundle) {
    auto insert = database_.prepare("INSERT INTO source VALUES (?1, ?2, ?3, ?4)");
    if (!insert) return std::move(insert.error());
    for (const auto& [path, text] : bundle.files) {
        auto content = store_content(text);
        if (!content) return std::move(content.error());
        const auto root = root_number(bundle, path);
        auto done = insert->bind_all(generation, path, root, *content).run();
        if (!done) return done;
    }
    if (auto done = insert_ids(database_, generation, "user", bundle.users); !done) return done;
    return insert_ids(database_, generation, "group", bundle.groups);
}

Result<std::int64_t> Store::add_generation(const GenerationRow& row, const Bundle& bundle) {
    std::int64_t id = 0;
    auto added = database_.transaction([&]() -> Result<void> {
        auto done = database_.run(
            "INSERT INTO generation (time_ns, kind, rollback_of, hash, tag, origin, user, rules,"
            " day, id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,"
            " (SELECT nullif(?10, 0) WHERE NOT EXISTS (SELECT 1 FROM generation WHERE id = ?10)))",
            row.time_ns, row.kind, row.rollback_of, row.hash, hex16(row.tag), row.origin, row.user,
            row.rules, to_string(row.day), row.id);
        if (!done) return done;
        id = database_.last_row_id();
        return insert_sources(id, bundle);
    });
    if (!added) return std::move(added.error()).within("recording the generation");
    return id;
}

Result<void> Store::activate(std::int64_t id) {
    return database_.run("UPDATE generation SET active = (id = ?1) WHERE active != (id = ?1)", id);
}

Result<void> Store::forget_generation(std::int64_t id) {
    return database_.run("DELETE FROM generation WHERE id = ?1", id);
}

Result<void> Store::forget_generations_after(std::int64_t id) {
    return database_.run("DELETE FROM generation WHERE id > ?1", id);
}

Result<std::vector<GenerationRow>> Store::select_generations(std::string_view where,
                                                             std::int64_t value) {
    std::vector<GenerationRow> generations;
    auto read = database_.query(
        fmt::format("SELECT id, time_ns, kind, rollback_of, hash, tag, origin, user, rules, active,"
                    " day"
                    " FROM generation WHERE {} ORDER BY id DESC",
                    where),
        [&generations](const Statement& row) { generations.push_back(read_generation(row)); },
        value);
    if (!read) return std::move(read.error());
    return generations;
}

namespace {

Result<std::optional<GenerationRow>> first_of(Result<std::vector<GenerationRow>> rows) {
    if (!rows) return std::move(rows.error());
    if (rows->empty()) return std::optional<GenerationRow>{};
    return std::optional{std::move(rows->front())};
}

} // namespace

Result<std::vector<GenerationRow>> Store::history() {
    return select_generations("?1 = ?1", 0);
}

Result<std::optional<GenerationRow>> Store::active() {
    return first_of(select_generations("active = ?1", 1));
}

Result<std::optional<GenerationRow>> Store::by_tag(std::uint64_t tag) {
    // printf() in SQL, so that one statement serves texts and numbers alike.
    return first_of(
        select_generations("tag = printf('%016x', ?1)", static_cast<std::int64_t>(tag)));
}

Result<std::optional<GenerationRow>> Store::generation(std::int64_t id) {
    return first_of(select_generations("id = ?1", id));
}

Result<Bundle> Store::bundle(std::int64_t generation) {
    Bundle bundle;
    if (auto read = read_sources(database_, generation, bundle); !read) {
        return std::move(read.error());
    }
    if (auto read = read_ids(database_, generation, bundle); !read) return std::move(read.error());
    auto rows = select_generations("id = ?1", generation);
    if (!rows) return std::move(rows.error());
    if (rows->empty()) return Error{fmt::format("there is no generation {}", generation)};
    bundle.origin = rows->front().origin;
    return bundle;
}

} // namespace synpol
