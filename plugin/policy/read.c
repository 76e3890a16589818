/* From text to a policy. Whatever is not understood fails all of it: a line that was overlooked
 * might be the one that denies. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "policy/line.h"
#include "policy/policy.h"

#define BLANKS " \t"

#define ID_MAX     UINT32_C(4294967294) /* the next one is -1, nobody */
#define MAX_NUMBER 65535

struct reader {
    struct policy *policy;
    const struct policy_source *source;
};

static int read_file(struct reader *reader, const char *file, unsigned depth, char **errorp);

/* A number in decimal digits and nothing else, at most `most`. */
static bool parse_number(const char *text, unsigned long most, unsigned long *number)
{
    size_t digits = strspn(text, "0123456789");

    if (!digits || text[digits] || digits > strlen("4294967295")) {
        return false;
    }
    *number = strtoul(text, NULL, 10);
    return *number <= most;
}

/* Takes each part of a list with commas to `add`. An empty part is refused by that. */
static int each_part(struct reader *reader, struct policy_line *line, char *list,
                     int (*add)(struct reader *, struct policy_line *, char *, char **),
                     char **errorp)
{
    while (list) {
        char *part = strsep(&list, ",");
        int error = add(reader, line, part, errorp);

        if (error) {
            return error;
        }
    }
    return 0;
}

/* The id that a number or a name stands for. A name that nobody has can be nobody's in an allow,
 * and *known is then false; but in a deny it may be a mistake that lets somebody in. */
static int find_id(const struct reader *reader, const struct policy_line *line, const char *what,
                   int (*find)(void *, const char *, id_t *), const char *text, id_t *id,
                   bool *known, char **errorp)
{
    unsigned long number;

    *known = true;
    if (!*text) {
        return error_set(errorp, EINVAL, "a %s is missing", what);
    }
    if (!text[strspn(text, "0123456789")]) {
        if (!parse_number(text, ID_MAX, &number)) {
            return error_set(errorp, EINVAL, "\"%s\" is out of range for a %s", text, what);
        }
        *id = (id_t)number;
        return 0;
    }
    int error = find(reader->source->data, text, id);
    *known = error == 0;
    if (error == -ENOENT && line->deny) {
        return error_set(errorp, EINVAL, "there is no %s \"%s\" to be denied", what, text);
    }
    if (error && error != -ENOENT) {
        return error_set(errorp, EINVAL, "cannot look up %s \"%s\": %s", what, text,
                         strerror(-error));
    }
    return 0;
}

static void add_id(struct policy_ids *ids, bool known, id_t id)
{
    ids->given = true;
    if (known) {
        ids->list = mem_resize(ids->list, ids->n + 1, sizeof *ids->list);
        ids->list[ids->n++] = id;
    }
}

static int add_user(struct reader *reader, struct policy_line *line, char *part, char **errorp)
{
    id_t id = 0;
    bool known;
    int error = find_id(reader, line, "user", reader->source->find_user, part, &id, &known, errorp);

    if (!error) {
        add_id(&line->users, known, id);
    }
    return error;
}

static int add_group(struct reader *reader, struct policy_line *line, char *part, char **errorp)
{
    id_t id = 0;
    bool known;
    int error = find_id(reader, line, "group", reader->source->find_group, part, &id, &known,
                        errorp);

    if (!error) {
        add_id(&line->groups, known, id);
    }
    return error;
}

static int add_vlans(struct reader *reader, struct policy_line *line, char *part, char **errorp)
{
    char *upper = part;
    char *lower = strsep(&upper, "-");
    unsigned long first;
    unsigned long last;

    (void)reader;
    if (!parse_number(lower, POLICY_VLANS - 1, &first) ||
        !parse_number(upper ? upper : lower, POLICY_VLANS - 1, &last) || last < first) {
        return error_set(errorp, EINVAL,
                         "\"%s%s%s\" is no VLAN; numbers from 0 to 4095 are wanted, or ranges of "
                         "them as in 100,200-299",
                         lower, upper ? "-" : "", upper ? upper : "");
    }
    if (!line->vlans) {
        line->vlans = mem_zalloc(POLICY_VLANS / 8);
    }
    for (unsigned long vlan = first; vlan <= last; vlan++) {
        line->vlans[vlan / 8] |= (unsigned char)(1U << (vlan % 8));
    }
    return 0;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *found = c ? strchr(digits, c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c) : NULL;

    return found ? (int)(found - digits) : -1;
}

/* `52:54:00:12:34:56`, or the first octets of one and `*` for the others. */
static int add_mac(struct reader *reader, struct policy_line *line, char *part, char **errorp)
{
    struct policy_mac mac = {0};
    const char *rest = part;

    (void)reader;
    while (mac.n_octets < sizeof mac.mac.octet && hex_digit(rest[0]) >= 0 &&
           hex_digit(rest[1]) >= 0) {
        mac.mac.octet[mac.n_octets++] = (uint8_t)(hex_digit(rest[0]) * 16 + hex_digit(rest[1]));
        rest += 2;
        if (mac.n_octets == sizeof mac.mac.octet || *rest != ':') {
            break;
        }
        rest++;
    }
    bool whole = mac.n_octets == sizeof mac.mac.octet && !*rest;
    bool begins = mac.n_octets < sizeof mac.mac.octet && str_eq(rest, "*") &&
                  (rest == part || rest[-1] == ':');

    if (!whole && !begins) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is no MAC address; it looks like 52:54:00:12:34:56 or 52:54:00:*",
                         part);
    }
    line->macs = mem_resize(line->macs, line->n_macs + 1, sizeof *line->macs);
    line->macs[line->n_macs++] = mac;
    return 0;
}

static int add_mode(struct reader *reader, struct policy_line *line, char *part, char **errorp)
{
    enum macvtap_mode mode = macvtap_mode_of(part);

    (void)reader;
    if (mode == MACVTAP_NO_MODE) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is no mode; there are vepa, bridge, private and passthrough",
                         part);
    }
    line->modes |= 1U << mode;
    return 0;
}

static int set_max(struct reader *reader, struct policy_line *line, char *text, char **errorp)
{
    unsigned long number;

    (void)reader;
    if (line->deny) {
        return error_set(errorp, EINVAL, "max goes with allow only");
    }
    if (!parse_number(text, MAX_NUMBER, &number)) {
        return error_set(errorp, EINVAL, "max \"%s\" is no number from 0 to %d", text, MAX_NUMBER);
    }
    line->has_max = true;
    line->max = (unsigned)number;
    return 0;
}

static const struct word {
    const char *name;
    int (*take)(struct reader *reader, struct policy_line *line, char *value, char **errorp);
    bool list;
} words[] = {
    {"user", add_user, true}, {"group", add_group, true}, {"vlan", add_vlans, true},
    {"mac", add_mac, true},   {"mode", add_mode, true},   {"max", set_max, false},
};

static int find_word(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq(words[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

/* The next word of *rest, which moves on behind it; NULL at the end, or where a comment begins. */
static char *next_word(char **rest)
{
    char *word;

    do {
        word = strsep(rest, BLANKS);
    } while (word && !*word);
    if (word && *word == '#') {
        *rest = NULL;
        word = NULL;
    }
    return word;
}

/* Reads the words that narrow a line. */
static int narrow(struct reader *reader, struct policy_line *line, char *rest, char **errorp)
{
    unsigned seen = 0;
    char *name;

    while ((name = next_word(&rest))) {
        int index = find_word(name);

        if (index < 0) {
            return error_set(errorp, EINVAL,
                             "\"%s\" is not known; a line is narrowed by user, group, vlan, mac, "
                             "mode and max",
                             name);
        }
        if (seen & 1U << index) {
            return error_set(errorp, EINVAL, "\"%s\" stands there twice", name);
        }
        seen |= 1U << index;
        char *value = next_word(&rest);
        if (!value) {
            return error_set(errorp, EINVAL, "nothing stands after \"%s\"", name);
        }
        int error = words[index].list ? each_part(reader, line, value, words[index].take, errorp)
                                      : words[index].take(reader, line, value, errorp);
        if (error) {
            return error;
        }
    }
    return 0;
}

static void line_clear(struct policy_line *line)
{
    free(line->text);
    free(line->name);
    free(line->users.list);
    free(line->groups.list);
    free(line->vlans);
    free(line->macs);
}

void policy_free(struct policy *policy)
{
    if (policy) {
        for (size_t i = 0; i < policy->n_lines; i++) {
            line_clear(&policy->lines[i]);
        }
        for (size_t i = 0; i < policy->n_files; i++) {
            free(policy->files[i]);
        }
        free(policy->lines);
        free(policy->files);
        free(policy);
    }
}

/* The line without its comment, with one blank between two words; caller frees. */
static char *tidy(const char *text)
{
    auto_free char *copy = str_dup(text);
    char *rest = copy;
    char *tidied = str_dup("");
    const char *word;

    while ((word = next_word(&rest))) {
        char *longer = str_printf("%s%s%s", tidied, *tidied ? " " : "", word);

        free(tidied);
        tidied = longer;
    }
    return tidied;
}

/* An include names its file from the folder of the file that it stands in. */
static int include(struct reader *reader, const char *target, const char *from, unsigned depth,
                   char **errorp)
{
    const char *slash = strrchr(from, '/');
    auto_free char *path = *target == '/' || !slash
                               ? str_dup(target)
                               : str_printf("%.*s/%s", (int)(slash - from), from, target);

    if (depth == POLICY_MAX_DEPTH) {
        return error_set(errorp, EINVAL,
                         "include \"%s\": files include each other more than %d deep", target,
                         POLICY_MAX_DEPTH);
    }
    return read_file(reader, path, depth + 1, errorp);
}

/* Reads what stands behind `allow` or `deny`. */
static int add_line(struct reader *reader, struct policy_line *line, char *rest, char **errorp)
{
    struct policy *policy = reader->policy;
    const char *name = next_word(&rest);
    int error = 0;

    if (!name) {
        error = error_set(errorp, EINVAL, "no name stands after \"%s\"", line->text);
    } else if (policy->n_lines == POLICY_MAX_LINES) {
        error = error_set(errorp, EINVAL, "there are more than %d lines", POLICY_MAX_LINES);
    } else if (!str_eq(name, "all")) {
        error = policy_check_name(name, errorp);
        line->name = str_dup(name);
    }
    if (!error) {
        error = narrow(reader, line, rest, errorp);
    }
    if (error) {
        line_clear(line);
        return error;
    }
    policy->lines = mem_resize(policy->lines, policy->n_lines + 1, sizeof *policy->lines);
    policy->lines[policy->n_lines++] = *line;
    return 0;
}

static int read_line(struct reader *reader, const char *file, unsigned number, char *text,
                     unsigned depth, char **errorp)
{
    struct policy_line line = {.file = file, .number = number};
    auto_free char *tidied = tidy(text);
    char *rest = text;
    const char *verb = next_word(&rest);

    if (!verb) {
        return 0;
    }
    if (str_eq(verb, "include")) {
        const char *target = next_word(&rest);

        if (!target || next_word(&rest)) {
            return error_set(errorp, EINVAL, "include wants the name of one file, without blanks");
        }
        return include(reader, target, file, depth, errorp);
    }
    line.deny = str_eq(verb, "deny");
    if (!line.deny && !str_eq(verb, "allow")) {
        return error_set(errorp, EINVAL,
                         "\"%s\" is not known; a line begins with allow, deny or "
                         "include",
                         verb);
    }
    line.text = steal_ptr(tidied);
    return add_line(reader, &line, rest, errorp);
}

/* A byte that no line may have, or a negative number: a carriage return at its end is one, so that
 * it becomes no part of a name. */
static int odd_byte(const char *text)
{
    for (; *text; text++) {
        if ((*text > 0 && *text < ' ' && *text != '\t') || *text == '\x7f') {
            return *text;
        }
    }
    return -1;
}

static int read_lines(struct reader *reader, const char *file, char *text, unsigned depth,
                      char **errorp)
{
    unsigned number = 0;

    while (text) {
        char *line = strsep(&text, "\n");
        int odd = odd_byte(line);

        number++;
        int error = odd >= 0 ? error_set(errorp, EINVAL, "byte 0x%02x in it", (unsigned)odd)
                             : read_line(reader, file, number, line, depth, errorp);
        if (error) {
            return error_wrap(errorp, error, "%s, line %u", file, number);
        }
    }
    return 0;
}

static int read_file(struct reader *reader, const char *file, unsigned depth, char **errorp)
{
    struct policy *policy = reader->policy;
    auto_free char *text = NULL;
    size_t length = 0;

    if (policy->n_files == POLICY_MAX_FILES) {
        return error_set(errorp, EINVAL, "there are more than %d files", POLICY_MAX_FILES);
    }
    policy->files = mem_resize(policy->files, policy->n_files + 1, sizeof *policy->files);
    char *own = policy->files[policy->n_files++] = str_dup(file);
    int error = reader->source->read(reader->source->data, file, &text, &length, errorp);

    if (error) {
        return error;
    }
    if (memchr(text, '\0', length)) {
        return error_set(errorp, EINVAL, "%s: holds a NUL byte", file);
    }
    return read_lines(reader, own, text, depth, errorp);
}

int policy_read(const char *file, const struct policy_source *source, struct policy **policy,
                char **errorp)
{
    struct reader reader = {.policy = mem_zalloc(sizeof **policy), .source = source};
    int error = read_file(&reader, file, 0, errorp);

    if (error) {
        policy_free(reader.policy);
        return error;
    }
    *policy = reader.policy;
    return 0;
}
