/* Rows and groups of the rule builder. The DOM is the state: nothing is drawn again while somebody works,
   so that the focus stays; a part is replaced only when what it depends on changes. */
(() => {
    const { el, button, iconButton, select, valueFor, inputFor } = window.wmRules;

    const at = (params, name) => name.split(".").reduce((inner, key) => inner?.[key], params);

    const put = (params, name, value) => {
        const keys = name.split(".");
        const last = keys.pop();
        let inner = params;
        for (const key of keys) {
            inner[key] = inner[key] ?? {};
            inner = inner[key];
        }
        inner[last] = value;
    };

    class Row {
        constructor(ctx, data, group) {
            this.ctx = ctx;
            this.group = group;
            this.extras = new Map();
            this.subject = el("select", { "aria-label": ctx.strings.what, class: "wm-rules__subject" });
            for (const kind of ctx.kinds) {
                const subjects = kind.subject ? kind.subjects : [{ key: "", label: kind.label }];
                const options = subjects.map((one) => el("option", { value: `${kind.key}|${one.key}` }, one.label));
                this.subject.append(el("optgroup", { label: kind.label }, ...options));
            }
            this.comparison = el("span", { class: "wm-rules__comparison" });
            this.details = el("div", { class: "wm-rules__details" });
            this.words = el("p", { class: "wm-rules__words", id: ctx.uid("words") });
            this.error = el("p", { class: "wm-rules__error", id: ctx.uid("error"), hidden: true });
            const remove = iconButton(ctx.strings.remove, () => group.remove(this));
            this.fieldset = el(
                "fieldset",
                { class: "wm-rules__row", "aria-describedby": `${this.error.id} ${this.words.id}` },
                el("legend", { class: "w-sr-only" }, ctx.strings.condition),
                el("div", { class: "wm-rules__line" }, this.subject, this.comparison, remove),
                this.details,
                this.error,
                this.words,
            );
            this.element = el("li", { class: "wm-rules__item" }, this.fieldset);
            this.subject.addEventListener("change", () => this.change());
            this.load(data);
        }

        /* Whether the builder can show `data` without losing any of it. */
        static knows(ctx, data) {
            const kind = ctx.kinds.find((one) => one.key === data.kind);
            if (!kind) return false;
            const params = data.params ?? {};
            if (kind.subject && !kind.subjects.some((one) => one.key === params[kind.subject])) return false;
            const own = kind.subject ? [kind.subject, "op", "value"] : [];
            const names = [...own, ...kind.inputs.map((one) => one.name), ...kind.extras.map((one) => one.name)];
            const given = (inner, prefix) =>
                Object.entries(inner).every(([key, value]) => {
                    const name = prefix + key;
                    if (names.includes(name)) return true;
                    return value !== null && typeof value === "object" && !Array.isArray(value) && given(value, `${name}.`);
                });
            return given(params, "");
        }

        load(data) {
            const params = data.params ?? {};
            this.kind = this.ctx.kinds.find((one) => one.key === data.kind);
            this.spec = this.kind.subject
                ? this.kind.subjects.find((one) => one.key === params[this.kind.subject])
                : { key: "" };
            this.subject.value = `${this.kind.key}|${this.spec.key}`;
            this.drawComparison(params);
            this.drawDetails(params);
        }

        change() {
            const [kindKey, key] = this.subject.value.split("|");
            const before = this.kind;
            const kept = this.get().params;
            this.kind = this.ctx.kinds.find((one) => one.key === kindKey);
            const previous = this.spec;
            this.spec = this.kind.subject ? this.kind.subjects.find((one) => one.key === key) : { key: "" };
            const same = previous.type === this.spec.type && before === this.kind;
            this.drawComparison(same && !this.spec.choices?.length ? { op: kept.op, value: kept.value } : {});
            if (before !== this.kind) this.drawDetails({});
        }

        drawComparison(params) {
            this.comparison.replaceChildren();
            this.inputs = this.kind.inputs.map((spec) => [spec, inputFor(this.ctx, spec, at(params, spec.name))]);
            for (const [, input] of this.inputs) this.comparison.append(input.element);
            this.op = null;
            this.value = null;
            if (!this.kind.subject) return;
            const words = this.ctx.ops[this.spec.type] ?? this.ctx.ops.text;
            const options = this.spec.ops.map((op) => [op, words[op] ?? op]);
            const op = this.spec.ops.includes(params.op) ? params.op : this.spec.ops[0];
            this.op = select(this.ctx.strings.how, options, op, { class: "wm-rules__op" });
            this.slot = el("span", { class: "wm-rules__value" });
            this.comparison.append(this.op, this.slot);
            this.drawValue(params.value);
            this.op.addEventListener("change", () => this.drawValue(this.value?.get()));
        }

        drawValue(value) {
            this.value = valueFor(this.ctx, this.spec, this.op.value, value, this.ctx.strings.value);
            this.slot.replaceChildren(...(this.value ? [this.value.element] : []));
        }

        drawDetails(params) {
            this.extras.clear();
            this.list = el("div", { class: "wm-rules__extras" });
            this.details.replaceChildren(this.list);
            this.adder = null;
            if (!this.kind.extras.length) return;
            this.adder = el("select", { "aria-label": this.ctx.strings.addDetail, class: "wm-rules__adder" });
            this.adder.addEventListener("change", (event) => {
                event.stopPropagation();
                const spec = this.kind.extras.find((one) => one.name === this.adder.value);
                if (!spec) return;
                this.addExtra(spec).focus();
                this.ctx.changed();
            });
            this.details.append(this.adder);
            for (const spec of this.kind.extras) {
                const value = at(params, spec.name);
                if (value !== undefined && value !== null && value !== "") this.addExtra(spec, value);
            }
            this.drawAdder();
        }

        addExtra(spec, value) {
            const input = inputFor(this.ctx, spec, value);
            const line = el(
                "div",
                { class: "wm-rules__extra" },
                el("span", { class: "wm-rules__extra-label" }, spec.label),
                input.element,
                iconButton(`${this.ctx.strings.removeDetail}: ${spec.label}`, () => {
                    line.remove();
                    this.extras.delete(spec.name);
                    this.drawAdder();
                    this.adder.focus();
                    this.ctx.changed();
                }),
            );
            this.extras.set(spec.name, input);
            this.list.append(line);
            this.drawAdder();
            return input;
        }

        drawAdder() {
            const left = this.kind.extras.filter((one) => !this.extras.has(one.name));
            this.adder.replaceChildren(
                el("option", { value: "" }, this.ctx.strings.addDetail),
                ...left.map((one) => el("option", { value: one.name }, one.label)),
            );
            this.adder.hidden = left.length === 0;
        }

        get() {
            const params = {};
            if (this.kind.subject) {
                params[this.kind.subject] = this.spec.key;
            }
            for (const [spec, input] of this.inputs) put(params, spec.name, input.get());
            if (this.op) {
                params.op = this.op.value;
                if (this.value) params.value = this.value.get();
            }
            for (const [name, input] of this.extras) put(params, name, input.get());
            return { kind: this.kind.key, params };
        }

        tell(path, words, error) {
            const mine = error && (error.path === path || error.path.startsWith(`${path}.`));
            this.words.textContent = words[path] ?? "";
            this.error.textContent = mine ? error.message : "";
            this.error.hidden = !mine;
            this.fieldset.toggleAttribute("data-wrong", Boolean(mine));
            return Boolean(mine);
        }

        focus() {
            this.subject.focus();
        }

        /* To the first thing that is still to be filled in. */
        focusValue() {
            const empty = [...this.element.querySelectorAll("input")].find((input) => !input.value && !input.hidden);
            (empty ?? this.subject).focus();
        }
    }

    class Group {
        constructor(ctx, data, parent = null, depth = 1) {
            this.ctx = ctx;
            this.parent = parent;
            this.depth = depth;
            this.items = [];
            const { strings } = ctx;
            const options = ["all", "any", "none"].map((match) => [match, strings[match]]);
            this.match = select(strings.match, options, data.match ?? "all", { class: "wm-rules__match" });
            this.list = el("ol", { class: "wm-rules__items" });
            this.error = el("p", { class: "wm-rules__error", hidden: true });
            this.addButton = button(strings.add, () => this.add(ctx.fresh()).focus());
            const footer = el("div", { class: "wm-rules__buttons" }, this.addButton);
            if (depth < ctx.maxDepth) {
                footer.append(
                    button(strings.addGroup, () =>
                        this.add({ match: "any", rules: [ctx.fresh()] }).items[0].focus(),
                    ),
                );
            }
            const head = el(
                "div",
                { class: "wm-rules__head" },
                el("span", { "aria-hidden": "true" }, strings.match),
                this.match,
                parent ? iconButton(strings.removeGroup, () => parent.remove(this)) : null,
            );
            this.element = el(
                parent ? "li" : "div",
                { class: "wm-rules__item" },
                el(
                    "fieldset",
                    { class: parent ? "wm-rules__group" : "wm-rules__root" },
                    el("legend", { class: "w-sr-only" }, strings.group),
                    head,
                    this.error,
                    this.list,
                    footer,
                ),
            );
            this.match.addEventListener("change", () => this.join());
            for (const rule of data.rules ?? []) this.add(rule, false);
        }

        static knows(ctx, data) {
            if (!data || typeof data !== "object" || !Array.isArray(data.rules)) return false;
            return data.rules.every((rule) => (rule?.rules ? Group : Row).knows(ctx, rule ?? {}));
        }

        add(data, tell = true) {
            const item = data.rules
                ? new Group(this.ctx, data, this, this.depth + 1)
                : new Row(this.ctx, data, this);
            this.items.push(item);
            this.list.append(item.element);
            this.join();
            if (tell) this.ctx.changed();
            return item;
        }

        remove(item) {
            const index = this.items.indexOf(item);
            this.items.splice(index, 1);
            item.element.remove();
            this.join();
            const next = this.items[index] ?? this.items[index - 1];
            if (next) next.focus();
            else this.addButton.focus();
            this.ctx.say(this.ctx.strings.removed);
            this.ctx.changed();
        }

        /* The word between two rows. */
        join() {
            const word = this.match.value === "all" ? this.ctx.strings.and : this.ctx.strings.or;
            this.items.forEach((item, index) => {
                item.element.querySelector(":scope > .wm-rules__join")?.remove();
                if (index) item.element.prepend(el("span", { class: "wm-rules__join" }, word));
            });
        }

        get() {
            return { match: this.match.value, rules: this.items.map((item) => item.get()) };
        }

        tell(path, words, error) {
            const prefix = path ? `${path}.` : "";
            const below = this.items.map((item, index) => item.tell(`${prefix}rules.${index}`, words, error));
            const mine = error && !below.includes(true) && (error.path === path || error.path.startsWith(prefix));
            this.error.textContent = mine ? error.message : "";
            this.error.hidden = !mine;
            return below.includes(true) || Boolean(mine);
        }

        focus() {
            this.match.focus();
        }

        focusValue() {
            (this.items[0] ?? this).focus();
        }
    }

    Object.assign(window.wmRules, { Row, Group });
})();
