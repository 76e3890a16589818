/* Networks by name: those that were named on the command line, then files in folders. */
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/mem.h"
#include "vif/document.h"
#include "vif/network.h"

const char *const vif_network_folders[2] = {
    "/etc/vifplug/networks",
    "/etc/libvirt/qemu/networks",
};

/* Each document is allocated by itself, since networks in it are lent out. */
struct vif_networks {
    struct vif_document **documents;
    size_t n_documents;
    char **folders;
    size_t n_folders;
};

static const struct vif_network *find_known(const struct vif_networks *networks, const char *name)
{
    for (size_t i = 0; i < networks->n_documents; i++) {
        if (strcmp(networks->documents[i]->network.name, name) == 0) {
            return &networks->documents[i]->network;
        }
    }
    return NULL;
}

/* Takes over a document, if it is one of a network. */
static int add_document(struct vif_networks *networks, struct vif_document *document,
                        const struct vif_network **network, char **errorp)
{
    if (document->kind != VIF_DOCUMENT_NETWORK) {
        int error = error_set(
            errorp, EINVAL, "%s: a <network> is expected, but the root element is <%s>",
            document->file, document->kind == VIF_DOCUMENT_DOMAIN ? "domain" : "interface");

        vif_document_clear(document);
        return error;
    }

    struct vif_document *own = mem_zalloc(sizeof *own);

    *own = *document;
    networks->documents = mem_resize(networks->documents, networks->n_documents + 1, sizeof own);
    networks->documents[networks->n_documents++] = own;
    *network = &own->network;
    return 0;
}

static int add_file(struct vif_networks *networks, const char *file,
                    const struct vif_network **network, char **errorp)
{
    struct vif_document document = {0};
    int error = vif_document_load(file, &document, errorp);

    return error ? error : add_document(networks, &document, network, errorp);
}

/* Refuses the network that was added last if it has another name than its file. */
static int check_last(struct vif_networks *networks, const char *name, const char *file,
                      char **errorp)
{
    struct vif_document *last = networks->documents[networks->n_documents - 1];

    if (strcmp(last->network.name, name) == 0) {
        return 0;
    }
    int error = error_set(errorp, EINVAL, "%s: holds network \"%s\", not \"%s\"", file,
                          last->network.name, name);

    networks->n_documents--;
    vif_document_clear(last);
    free(last);
    return error;
}

int vif_networks_add(struct vif_networks *networks, const char *name, const char *file,
                     const char *text, size_t length, char **errorp)
{
    const struct vif_network *network;
    struct vif_document document = {0};
    int error = vif_document_parse(file, text, length, &document, errorp);

    if (!error) {
        error = add_document(networks, &document, &network, errorp);
    }
    return error ? error : check_last(networks, name, file, errorp);
}

static int add_named_file(struct vif_networks *networks, const char *file, char **errorp)
{
    const struct vif_network *new;
    size_t n_before = networks->n_documents;
    int error = add_file(networks, file, &new, errorp);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < n_before; i++) {
        const struct vif_network *old = &networks->documents[i]->network;

        if (strcmp(old->name, new->name) == 0) {
            return error_set(errorp, EINVAL, "network \"%s\" is in both %s and %s", new->name,
                             old->file, new->file);
        }
    }
    return 0;
}

int vif_networks_new(const char *const *files, size_t n_files, const char *const *folders,
                     size_t n_folders, struct vif_networks **networks, char **errorp)
{
    struct vif_networks *new = mem_zalloc(sizeof *new);

    for (size_t i = 0; i < n_files; i++) {
        int error = add_named_file(new, files[i], errorp);

        if (error) {
            vif_networks_free(new);
            return error;
        }
    }
    new->folders = mem_resize(NULL, n_folders + 1, sizeof *new->folders);
    for (size_t i = 0; i < n_folders; i++) {
        new->folders[i] = str_dup(folders[i]);
    }
    new->n_folders = n_folders;
    *networks = new;
    return 0;
}

void vif_networks_free(struct vif_networks *networks)
{
    if (!networks) {
        return;
    }
    for (size_t i = 0; i < networks->n_documents; i++) {
        vif_document_clear(networks->documents[i]);
        free(networks->documents[i]);
    }
    free(networks->documents);
    for (size_t i = 0; i < networks->n_folders; i++) {
        free(networks->folders[i]);
    }
    free(networks->folders);
    free(networks);
}

struct names {
    char **name;
    size_t n;
};

static void add_name(struct names *names, const char *name, size_t length)
{
    names->name = mem_resize(names->name, names->n + 1, sizeof *names->name);
    names->name[names->n++] = str_printf("%.*s", (int)length, name);
}

static void add_names_in(struct names *names, const char *folder)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (!dir) {
        return;
    }
    while ((entry = readdir(dir))) {
        size_t length = strlen(entry->d_name);

        if (length > 4 && strcmp(entry->d_name + length - 4, ".xml") == 0) {
            add_name(names, entry->d_name, length - 4);
        }
    }
    closedir(dir);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The names, sorted, each once, joined by ", "; caller frees. Empties `names`. */
static char *join(struct names *names)
{
    char *text = str_dup("");

    if (names->n) {
        qsort(names->name, names->n, sizeof *names->name, compare_names);
    }
    for (size_t i = 0; i < names->n; i++) {
        if (i == 0 || strcmp(names->name[i - 1], names->name[i]) != 0) {
            char *longer = str_printf("%s%s%s", text, i ? ", " : "", names->name[i]);

            free(text);
            text = longer;
        }
    }
    for (size_t i = 0; i < names->n; i++) {
        free(names->name[i]);
    }
    free(names->name);
    return text;
}

static int no_such_network(const struct vif_networks *networks, const char *name, char **errorp)
{
    struct names names = {0};
    struct names folders = {0};

    for (size_t i = 0; i < networks->n_documents; i++) {
        const char *known = networks->documents[i]->network.name;

        add_name(&names, known, strlen(known));
    }
    for (size_t i = 0; i < networks->n_folders; i++) {
        add_names_in(&names, networks->folders[i]);
        add_name(&folders, networks->folders[i], strlen(networks->folders[i]));
    }

    auto_free char *there = join(&names);
    auto_free char *looked_in = join(&folders);

    return error_set(errorp, ENOENT, "no network \"%s\"%s%s; networks: %s", name,
                     *looked_in ? " in " : "", looked_in, *there ? there : "none");
}

/* The name becomes a file name. */
static int check_name(const char *name, char **errorp)
{
    if (!*name || *name == '.' || strchr(name, '/')) {
        return error_set(errorp, EINVAL,
                         "\"%s\" cannot be a network's name: it is empty, begins with '.' or "
                         "holds '/'",
                         name);
    }
    return 0;
}

static int load_from_folder(struct vif_networks *networks, const char *folder, const char *name,
                            const struct vif_network **network, char **errorp)
{
    auto_free char *file = str_printf("%s/%s.xml", folder, name);
    int error;

    if (access(file, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR)) {
        return -ENOENT;
    }
    error = add_file(networks, file, network, errorp);
    if (error) {
        return error;
    }
    error = check_last(networks, name, file, errorp);
    if (error) {
        *network = NULL;
    }
    return error;
}

int vif_networks_find(struct vif_networks *networks, const char *name,
                      const struct vif_network **network, char **errorp)
{
    const struct vif_network *found = find_known(networks, name);
    int error = found ? 0 : check_name(name, errorp);

    for (size_t i = 0; !found && !error && i < networks->n_folders; i++) {
        error = load_from_folder(networks, networks->folders[i], name, &found, errorp);
        if (error == -ENOENT) {
            error = 0;
        }
    }
    if (error) {
        return error;
    }
    if (!found) {
        return no_such_network(networks, name, errorp);
    }
    *network = found;
    return 0;
}
