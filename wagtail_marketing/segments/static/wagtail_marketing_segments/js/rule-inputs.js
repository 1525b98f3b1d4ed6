/* Inputs of the rule builder. Each factory returns {element, get(), focus()} and, where it has several,
   part(path) for the one at fault; the element's own input and change events bubble, and nothing here has a
   name: only the textarea with JSON is sent. */
(() => {
    const { el, iconButton, select } = window.wmRules;

    /* Words to choose from, asked for while somebody types. */
    const withSuggestions = (ctx, input, kind) => {
        const list = el("datalist", { id: ctx.uid("list") });
        input.setAttribute("list", list.id);
        input.setAttribute("autocomplete", "off");
        let timer;
        let asked;
        const ask = async () => {
            const wanted = input.value.trim();
            if (wanted === asked) return;
            asked = wanted;
            const query = new URLSearchParams({ kind, q: wanted });
            try {
                const response = await fetch(`${ctx.suggestUrl}?${query}`, {
                    headers: { "X-Requested-With": "XMLHttpRequest" },
                });
                if (!response.ok) return;
                const { results } = await response.json();
                list.replaceChildren(...results.map((item) => el("option", { value: item.value }, item.label)));
            } catch {
                /* Without suggestions one types. */
            }
        };
        input.addEventListener("focus", ask);
        input.addEventListener("input", () => {
            clearTimeout(timer);
            timer = setTimeout(ask, 200);
        });
        return list;
    };

    const plain = (ctx, label, props, value, read = (text) => text) => {
        const given = String(value ?? "").trim();
        const element = el("input", { "aria-label": label, class: "wm-rules__input", ...props, value: given });
        return { element, get: () => read(element.value.trim()), focus: () => element.focus() };
    };

    const suffixed = (input, text) => ({
        ...input,
        element: el("span", { class: "wm-rules__suffixed" }, input.element, el("span", {}, text)),
    });

    const asNumber = (text) => (text === "" || Number.isNaN(Number(text)) ? text : Number(text));

    const DAY = /^\d{4}-\d{2}-\d{2}$/;

    const scalars = {
        number: (ctx, spec, value, label) =>
            plain(ctx, label, { type: "number", step: "any", "data-short": true }, value, asNumber),
        days: (ctx, spec, value, label) =>
            suffixed(
                plain(ctx, label, { type: "number", step: "any", min: 0, "data-short": true }, value, asNumber),
                ctx.strings.days,
            ),
        amount: (ctx, spec, value, label) =>
            suffixed(
                plain(ctx, label, { type: "text", inputmode: "decimal", "data-short": true }, value),
                ctx.currency,
            ),
        /* A time that was written with its hour stays as it is. */
        date: (ctx, spec, value, label) =>
            plain(ctx, label, { type: !value?.trim() || DAY.test(value) ? "date" : "text" }, value),
        boolean: (ctx, spec, value, label) => {
            const options = [["true", ctx.strings.yes], ["false", ctx.strings.no]];
            const element = select(label, options, String(value !== false && value !== "false"));
            return { element, get: () => element.value === "true", focus: () => element.focus() };
        },
        select: (ctx, spec, value, label) => {
            const known = spec.choices.some(([key]) => String(key) === String(value));
            const options = known ? spec.choices : [[value ?? "", value || ctx.strings.choose], ...spec.choices];
            const element = select(label, options, value);
            const read = spec.number ? asNumber : (text) => text;
            return { element, get: () => read(element.value), focus: () => element.focus() };
        },
        text: (ctx, spec, value, label) => {
            const input = plain(ctx, label, { type: "text" }, value);
            if (!spec.suggest) return input;
            const list = withSuggestions(ctx, input.element, spec.suggest);
            return { ...input, element: el("span", { class: "wm-rules__suffixed" }, input.element, list) };
        },
    };
    scalars.datetime = scalars.date;
    scalars.tag = (ctx, spec, value, label) => scalars.text(ctx, { ...spec, suggest: "tags" }, value, label);

    const scalar = (ctx, spec, op, value, label) => {
        const matching = op === "contains" || op === "starts_with";
        const type = spec.type === "choice" ? (matching ? "text" : "select") : spec.type;
        return (scalars[type] ?? scalars.text)(ctx, spec, value, label);
    };

    /* Several values as chips; Enter or a comma adds what was typed, so does leaving the field. */
    const chips = (ctx, spec, value, label) => {
        const values = (Array.isArray(value) ? value : []).filter((one) => String(one).trim());
        const list = el("ul", { class: "wm-rules__chips" });
        const input = el("input", {
            type: "text",
            class: "wm-rules__input",
            "aria-label": `${label}: ${ctx.strings.addValue}`,
            placeholder: ctx.strings.addValue,
        });
        const draw = () =>
            list.replaceChildren(
                ...values.map((one, index) =>
                    el(
                        "li",
                        { class: "wm-rules__chip" },
                        String(one),
                        iconButton(`${ctx.strings.removeValue}: ${one}`, "cross", () => {
                            values.splice(index, 1);
                            draw();
                            input.focus();
                            ctx.changed();
                        }),
                    ),
                ),
            );
        const read = spec.type === "number" ? asNumber : (text) => text;
        const take = () => {
            const text = input.value.trim().replace(/,$/, "");
            if (!text) return;
            if (!values.map(String).includes(text)) values.push(read(text));
            input.value = "";
            draw();
            ctx.changed();
        };
        input.addEventListener("keydown", (event) => {
            if (event.key === "Enter" || event.key === ",") {
                event.preventDefault();
                take();
            }
        });
        input.addEventListener("change", take);
        draw();
        const suggest = spec.suggest ?? (spec.type === "tag" ? "tags" : undefined);
        const element = el("span", { class: "wm-rules__list-input", role: "group", "aria-label": label }, list, input);
        if (suggest) element.append(withSuggestions(ctx, input, suggest));
        return { element, get: () => [...values], focus: () => input.focus() };
    };

    const checkboxes = (ctx, spec, value, label) => {
        const chosen = new Set((Array.isArray(value) ? value : []).map(String));
        const boxes = spec.choices.map(([key]) =>
            el("input", { type: "checkbox", value: key, checked: chosen.has(String(key)) }),
        );
        const element = el("span", { class: "wm-rules__boxes", role: "group", "aria-label": label });
        boxes.forEach((box, index) => element.append(el("label", {}, box, ` ${spec.choices[index][1]}`)));
        return {
            element,
            get: () => boxes.filter((box) => box.checked).map((box) => box.value),
            focus: () => boxes[0]?.focus(),
        };
    };

    const two = (ctx, spec, value, label) => {
        const [low, high] = Array.isArray(value) ? value : ["", ""];
        const first = scalar(ctx, spec, "is", low, `${label}: ${ctx.strings.from}`);
        const second = scalar(ctx, spec, "is", high, `${label}: ${ctx.strings.to}`);
        return {
            element: el(
                "span",
                { class: "wm-rules__suffixed" },
                first.element,
                el("span", {}, ctx.strings.and),
                second.element,
            ),
            get: () => [first.get(), second.get()],
            focus: () => first.focus(),
            part: (path) => (path === "1" ? second : first).element,
        };
    };

    /* The value of a comparison; null where the operator takes none. */
    const valueFor = (ctx, spec, op, value, label) => {
        if (op === "is_set" || op === "is_not_set") return null;
        const single = Array.isArray(value) ? value[0] : value;
        if (op === "between") return two(ctx, spec, value, label);
        if (op === "in") return (spec.choices?.length ? checkboxes : chips)(ctx, spec, value, label);
        if (op === "anniversary_within_days") return scalars.days(ctx, spec, single, label);
        return scalar(ctx, spec, op, single, label);
    };

    const period = (ctx, spec, value, label) => {
        const given = value ?? { last_days: 90 };
        const mode = select(
            label,
            [["last", ctx.strings.lastDays], ["dates", ctx.strings.dates]],
            "last_days" in given ? "last" : "dates",
        );
        const last = scalars.days(ctx, spec, given.last_days, ctx.strings.lastDays);
        const from = scalars.date(ctx, spec, given.from, ctx.strings.from);
        const to = scalars.date(ctx, spec, given.to, ctx.strings.until);
        const dates = el(
            "span",
            { class: "wm-rules__suffixed" },
            from.element,
            el("span", {}, ctx.strings.until),
            to.element,
        );
        const show = () => {
            last.element.hidden = mode.value !== "last";
            dates.hidden = mode.value === "last";
        };
        mode.addEventListener("change", show);
        show();
        return {
            element: el("span", { class: "wm-rules__suffixed" }, mode, last.element, dates),
            get: () => {
                if (mode.value === "last") return { last_days: last.get() };
                const found = {};
                if (from.get()) found.from = from.get();
                if (to.get()) found.to = to.get();
                return found;
            },
            focus: () => mode.focus(),
            part: (path) => (mode.value === "last" ? last : path === "to" ? to : from).element,
        };
    };

    /* An input by its descriptor: what a kind always shows, or what a button adds. */
    const inputFor = (ctx, spec, value) => {
        if (spec.type === "period") return period(ctx, spec, value, spec.label);
        if (spec.type === "list") return chips(ctx, spec, value, spec.label);
        return scalar(ctx, spec, "is", value ?? spec.default, spec.label);
    };

    /* The fields that somebody fills in there. */
    const controlsOf = (element) =>
        element.matches("input, select") ? [element] : [...element.querySelectorAll("input, select")];

    Object.assign(window.wmRules, { valueFor, inputFor, controlsOf });
})();
