#include "compare/advice.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "compare/figures.h"
#include "compare/stats.h"

/* Where a machine is too busy, or rounds too few or too different, for small differences to mean
 * anything. */
#define BUSY_LOAD_PER_CPU 0.5
#define NOISY_PERCENT     10
#define FEW_ROUNDS        5

/* A rule is about paths, one by one, or about all of the result. */
struct rule {
    const char *name;

    /* About paths: those whose id is, or begins with, `id` and "-" (NULL: all but floors), of which
     * it holds. "{}" in the sentence stands for their titles. */
    const char *id;
    bool (*holds)(const struct compare_path *path);
    const char *sentence;

    /* About all: what to say, or NULL where it does not apply; caller frees. */
    char *(*say)(const struct compare_result *result);
};

static bool is_measured(const struct compare_path *path)
{
    return !path->skipped && !path->floor;
}

static bool does_not_reach(const struct compare_path *path)
{
    return path->reach[REACH_UNICAST] == COMPARE_NO;
}

static bool reaches(const struct compare_path *path)
{
    return path->reach[REACH_UNICAST] == COMPARE_YES;
}

static bool gets_own_broadcast(const struct compare_path *path)
{
    return path->reach[REACH_OWN_BROADCAST] == COMPARE_YES;
}

static bool spoils_offloads(const struct compare_path *path)
{
    return !compare_path_is_sound(path);
}

/* As guests get it, or as they would get it without vifplug. */
static bool is_userspace_ovs(const struct compare_path *path)
{
    return str_eq(path->id, "ovs") || str_eq(path->id, "ovs-offloads");
}

static bool spoils_offloads_in_userspace(const struct compare_path *path)
{
    return is_userspace_ovs(path) && spoils_offloads(path);
}

static bool spoils_offloads_elsewhere(const struct compare_path *path)
{
    return !is_userspace_ovs(path) && spoils_offloads(path);
}

static bool leaks_vlans(const struct compare_path *path)
{
    return path->reach[REACH_OTHER_VLAN] == COMPARE_YES;
}

static bool lacks_its_vlan(const struct compare_path *path)
{
    return path->reach[REACH_SAME_VLAN] == COMPARE_NO;
}

static bool lacks_multicast(const struct compare_path *path)
{
    return path->reach[REACH_BROADCAST] == COMPARE_YES &&
           path->reach[REACH_MULTICAST] == COMPARE_NO;
}

static bool hears_one_address(const struct compare_path *path)
{
    return reaches(path) && path->reach[REACH_UNKNOWN_UNICAST] == COMPARE_NO;
}

/* Adds a path's title to a list of them; frees the old one. `last`: nothing comes after it. */
static char *add_title(char *titles, const char *title, bool last)
{
    char *longer = !titles ? str_dup(title)
                           : str_printf("%s%s%s", titles, last ? " and " : ", ", title);

    free(titles);
    return longer;
}

/* The titles of the first `n` paths of `list`: "A, B and C"; NULL for none. */
static char *join_titles(const struct compare_path *const *list, size_t n)
{
    char *titles = NULL;

    for (size_t i = 0; i < n; i++) {
        titles = add_title(titles, list[i]->title, i + 1 == n);
    }
    return titles;
}

static bool is_about(const struct rule *rule, const struct compare_path *path)
{
    size_t length = rule->id ? strlen(rule->id) : 0;

    return is_measured(path) &&
           (!rule->id || (strncmp(path->id, rule->id, length) == 0 &&
                          (path->id[length] == '\0' || path->id[length] == '-')));
}

static char *say_of_paths(const struct rule *rule, const struct compare_result *result)
{
    auto_free const struct compare_path **list = mem_zalloc(result->n_paths * sizeof *list + 1);
    size_t n = 0;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        if (is_about(rule, path) && rule->holds(path)) {
            list[n++] = path;
        }
    }
    if (n == 0) {
        return NULL;
    }
    auto_free char *titles = join_titles(list, n);
    const char *gap = strstr(rule->sentence, "{}");
    return str_printf("%.*s%s%s", (int)(gap - rule->sentence), rule->sentence, titles,
                      gap + strlen("{}"));
}

static char *say_nothing(const struct compare_result *result)
{
    for (size_t i = 0; i < result->n_paths; i++) {
        if (is_measured(&result->paths[i])) {
            return NULL;
        }
    }
    return str_dup("No path between guests could be measured here. Each says why.");
}

/* The fastest path of each load, and last the one with the shortest trip; NULL for none. */
#define N_FASTEST (LOAD_N + 1)

static void find_fastest(const struct compare_result *result,
                         const struct compare_path *fastest[N_FASTEST])
{
    for (unsigned i = 0; i < LOAD_N; i++) {
        fastest[i] = best_by_pps(result, i);
    }
    fastest[LOAD_N] = best_by_trip(result);
}

static const char *contest_name(size_t i)
{
    return i < LOAD_N ? compare_load_title(i) : "round trips";
}

/* "A at 64 B and 1500 B", for the contests that the path of number `first` has won. */
static char *say_won(const struct compare_path *const fastest[N_FASTEST], size_t first)
{
    char *text = str_printf("%s (%s", fastest[first]->title, contest_name(first));

    for (size_t i = first + 1; i < N_FASTEST; i++) {
        if (fastest[i] == fastest[first]) {
            char *longer = str_printf("%s, %s", text, contest_name(i));

            free(text);
            text = longer;
        }
    }
    char *closed = str_printf("%s)", text);
    free(text);
    return closed;
}

static bool is_first_of_its_kind(const struct compare_path *const fastest[N_FASTEST], size_t i)
{
    for (size_t before = 0; before < i; before++) {
        if (fastest[before] == fastest[i]) {
            return false;
        }
    }
    return fastest[i] != NULL;
}

static char *say_fastest(const struct compare_result *result)
{
    const struct compare_path *fastest[N_FASTEST];
    char *text = NULL;

    find_fastest(result, fastest);
    for (size_t i = 0; i < N_FASTEST; i++) {
        if (is_first_of_its_kind(fastest, i)) {
            auto_free char *won = say_won(fastest, i);
            char *longer = text ? str_printf("%s, %s", text, won)
                                : str_printf("Fastest between guests here: %s", won);

            free(text);
            text = longer;
        }
    }
    if (!text) {
        return NULL;
    }
    char *sentence = str_printf("%s.", text);
    free(text);
    return sentence;
}

static char *say_equal(const struct compare_result *result)
{
    const struct compare_path *best = best_by_pps(result, LOAD_64);
    auto_free const struct compare_path **list = mem_zalloc(result->n_paths * sizeof *list + 1);
    struct spread most = best ? path_pps(best, LOAD_64) : (struct spread){};
    size_t n = 0;

    for (size_t i = 0; best && i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];
        struct spread pps = path_pps(path, LOAD_64);

        if (path != best && is_measured(path) && compare_path_is_sound(path) && pps.n > 0 &&
            within_noise(&most, &pps)) {
            list[n++] = path;
        }
    }
    if (n == 0) {
        return NULL;
    }
    auto_free char *titles = join_titles(list, n);
    return str_printf("At 64 B no more than the noise lies between %s and %s: choose between "
                      "these by what they can do.",
                      best->title, titles);
}

/* A path by its id, if it has been measured and gets frames across. */
static const struct compare_path *find_working(const struct compare_result *result, const char *id)
{
    const struct compare_path *path = compare_find(result, id);

    return path && is_measured(path) && reaches(path) ? path : NULL;
}

/* What the way over the switch costs; of the host's own one, where that was measured. */
static char *say_vepa_cost(const struct compare_result *result)
{
    const struct compare_path *of_host = find_working(result, "vepa-host");
    const struct compare_path *vepa = of_host ? of_host : find_working(result, "vepa");
    const struct compare_path *best = best_by_pps(result, LOAD_64);
    const char *intro = of_host ? "The switch behind this device reflects:"
                                : "Behind a switch that reflects,";
    double frames = vepa ? path_pps(vepa, LOAD_64).median : 0;
    double trip = vepa ? path_trip_us(vepa, 50).median : 0;
    double best_trip = best ? path_trip_us(best, 50).median : 0;

    if (!vepa || !best || frames <= 0) {
        return NULL;
    }
    if (best == vepa) {
        return str_printf("%s nothing was faster at 64 B than VEPA, which lets the switch see, "
                          "filter and count what guests send each other.",
                          intro);
    }
    return str_printf("%s VEPA carries %.2f of the frames of 64 B that %s does, at %.1f times "
                      "its round trip: choose it where the switch is to see, filter or count "
                      "what guests send each other.",
                      intro, frames / path_pps(best, LOAD_64).median, best->title,
                      best_trip > 0 ? trip / best_trip : 0);
}

static char *say_userspace_cost(const struct compare_result *result)
{
    const struct compare_path *ovs = find_working(result, "ovs");
    const struct compare_path *best = best_by_pps(result, LOAD_64);
    double frames = ovs ? path_pps(ovs, LOAD_64).median : 0;
    double most = best ? path_pps(best, LOAD_64).median : 0;

    if (!ovs || !best || frames <= 0 || frames * 2 > most) {
        return NULL;
    }
    double cpu = path_cpu_us(best, LOAD_64).median;
    return str_printf("%s carries %.2f of the frames of 64 B that %s does, for %.1f times the "
                      "CPU time of a frame: choose it for what it can do, not for speed, or take "
                      "its kernel datapath or DPDK.",
                      ovs->title, frames / most, best->title,
                      cpu > 0 ? path_cpu_us(ovs, LOAD_64).median / cpu : 0);
}

static char *say_busy(const struct compare_result *result)
{
    if (result->n_cpus == 0 || result->load_before < BUSY_LOAD_PER_CPU * result->n_cpus) {
        return NULL;
    }
    return str_printf("The machine was busy before the first round (load %.2f on %u CPUs): small "
                      "differences mean nothing. Repeat this when it is quiet.",
                      result->load_before, result->n_cpus);
}

static bool is_noisy(const struct compare_path *path)
{
    for (unsigned i = 0; i < LOAD_N; i++) {
        struct spread pps = path_pps(path, i);

        if (spread_percent(&pps) > NOISY_PERCENT) {
            return true;
        }
    }
    return false;
}

static char *say_few(const struct compare_result *result)
{
    size_t least = result->rounds;

    for (size_t i = 0; i < result->n_paths; i++) {
        const struct compare_path *path = &result->paths[i];

        if (!path->skipped && (path->samples[LOAD_64] || path->trips) && path->n_rounds < least) {
            least = path->n_rounds;
        }
    }
    if (result->interrupted) {
        return str_printf("The run was interrupted, after %zu of %u rounds: take its figures for "
                          "a hint.",
                          least, result->rounds);
    }
    if (least >= FEW_ROUNDS) {
        return NULL;
    }
    return str_printf("With fewer than %d rounds nothing is known of the noise: take the figures "
                      "for a hint.",
                      FEW_ROUNDS);
}

/* What to choose, what would not work, what it would cost, and how far to trust all that. */
static const struct rule rules[] = {
    {"nothing", .say = say_nothing},
    {"fastest", .say = say_fastest},
    {"equal", .say = say_equal},
    {"no-reflection", .id = "vepa", .holds = does_not_reach,
     .sentence = "{}: the switch does not reflect, so VEPA isolates guests from each other. Turn "
                 "on reflective relay (hairpin) at its port, as \"vifplug hairpin\" does for a "
                 "Linux bridge, or take macvtap bridge mode."},
    {"vepa-cost", .say = say_vepa_cost},
    {"private", .id = "private", .holds = reaches,
     .sentence = "{}: behind a switch that reflects, private mode is no isolation: unicast "
                 "frames reach the other guest by way of the switch. Isolate guests there, or by "
                 "VLANs."},
    {"own-broadcast", .holds = gets_own_broadcast,
     .sentence = "{}: a guest gets its own broadcasts back, which IPv6, looking for duplicates "
                 "of its address, may take for another host's."},
    {"userspace-offloads", .id = "ovs", .holds = spoils_offloads_in_userspace,
     .sentence = "{}: frames whose checksum or segmentation a guest leaves to its card arrive "
                 "corrupted or not at all. Give guests no offloads, as vifplug does there, or "
                 "set other_config:userspace-tso-enable=true in the table Open_vSwitch and "
                 "restart ovs-vswitchd."},
    {"offloads", .holds = spoils_offloads_elsewhere,
     .sentence = "{}: frames whose checksum or segmentation a guest leaves to its card arrive "
                 "corrupted or not at all. Give guests no offloads there."},
    {"vlan-leak", .holds = leaks_vlans,
     .sentence = "{}: frames reach a guest on another VLAN. Look at the tags and trunks of the "
                 "ports before you put guests there."},
    {"vlan-cut", .holds = lacks_its_vlan,
     .sentence = "{}: guests on the same VLAN do not reach each other. Is the VLAN among the "
                 "trunks of each port between them?"},
    {"multicast", .holds = lacks_multicast,
     .sentence = "{}: multicast arrives only for groups that the host's device has joined, so "
                 "IPv6 fails. Set allmulticast on the device, as vifplug does for macvtaps."},
    {"one-address", .holds = hears_one_address,
     .sentence = "{}: a guest hears frames to its own MAC address only. One that changes it, or "
                 "has guests or a bridge inside, needs a path that floods unknown addresses."},
    {"userspace-cost", .say = say_userspace_cost},
    {"busy", .say = say_busy},
    {"noisy", .holds = is_noisy,
     .sentence = "{}: rounds differ by more than a tenth. Repeat this with more rounds, or on a "
                 "quiet machine, before you trust differences of that size."},
    {"few-rounds", .say = say_few},
};

const char *compare_advice_rule(size_t i)
{
    return i < ARRAY_LEN(rules) ? rules[i].name : NULL;
}

char *compare_advice_of(const struct compare_result *result, size_t i)
{
    return rules[i].say ? rules[i].say(result) : say_of_paths(&rules[i], result);
}

void compare_advise(struct compare_result *result)
{
    for (size_t i = 0; i < result->n_advice; i++) {
        free(result->advice[i]);
    }
    free(result->advice);
    result->advice = mem_zalloc(sizeof rules / sizeof rules[0] * sizeof *result->advice);
    result->n_advice = 0;
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        char *sentence = compare_advice_of(result, i);

        if (sentence) {
            result->advice[result->n_advice++] = sentence;
        }
    }
}
