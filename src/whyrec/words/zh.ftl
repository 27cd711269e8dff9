# 简体中文。每种语言一个文件；句子只由测得的记录填成。

## 书写方式

babel = zh_CN
quote-open = 「
quote-close = 」
inner-open = 『
inner-close = 』
# 汉字与数字、拉丁字母之间留一个空格。
spaced = yes
# 两句之间。
between = {""}

## 一个原因：名称、次数、时间

once = { $name }
once-on = { $name }（{ $date }）
often = { $name }（{ $number } 次）
# 评分写出分数。
valued = { $name } { $value } 分
often-on = { $name }（{ $number } 次，最近一次是 { $date }）

## 顾客做了什么

did-purchase = 买过{ $things }
did-cart = 把{ $things }加入过购物车
did-favourite = 收藏过{ $things }
did-like = 喜欢{ $things }
did-share = 分享过{ $things }
did-bookmark = 把{ $things }存为书签
did-comment = 评论过{ $things }
did-follow = 关注了{ $things }
did-rating = 评价过{ $things }
did-view = 看过{ $things }
did-click = 点过{ $things }
did-search = 搜索过{ $things }
did-dwell = 细看过{ $things }
did-dislike = 不喜欢{ $things }
did-read = 读过{ $things }
did-watch = 观看过{ $things }
did-context = 正在看{ $things }
did-days = 在 { $first } 至 { $last } 来过（{ $number } 次）
did-early = 以前来过（{ $number } 次）

clauses-next = { $clauses }，{ $clause }
clauses-last = { $clauses }，还{ $clause }
with-others = { $clauses }，再加上另外 { $number } 次行为

## 句子

because = 因为你{ $clauses }。
mostly-popular = 主要因为它现在很热门（{ $percent }）；也因为你{ $clauses }。
only-popular = 因为它现在很热门。
none = 你的行为都没有提高它。

checked = 已核对：如果没有{ $things }，它会降到第 { $rank } 位。
without = { $name }
without-part = { $name }（{ $of } 次中的 { $count } 次）
without-search = 对{ $name }的搜索
without-search-part = 对{ $name }的搜索（{ $of } 次中的 { $count } 次）
without-others = 另外 { $number } 项
rank = { $rank }

enough = 已核对：只留下{ $things }，它仍在列表里，排第 { $rank } 位。
covered = 这里说出的原因占得分的 { $percent }。
covered-popular = 这里说出的原因占得分的 { $percent }，热门占 { $popular }。

## 得分由什么组成

parts = 它的得分这样组成：{ $parts }。
share = { $part }占 { $percent }
part-events = 你的行为
part-order = 你浏览的先后顺序
part-together = 常与你选过的一起被选
part-taste = 你整体的喜好
part-same = 你以前有过它
part-alike = 它与你选过的相像
part-popular = 它的热门程度
part-recent = 它近来的热度
part-fresh = 它的新旧
part-context = 你这次访问的情境
part-search = 你搜索过的词

## 成组的行为

together = { $group }合起来占得分的 { $percent }。
together-raise = { $group }合起来提高了它。
events = { $number } 次行为
group-value = { $attribute }为{ $name }的 { $events }
group-value-own = { $attribute }与它相同（{ $name }）的 { $events }
group-price = 价格在 { $low } 至 { $high } 的 { $events }
group-price-own = 价格与它同在 { $low } 至 { $high } 的 { $events }
group-days = { $first }至 { $last }的 { $events }
count-purchase = { $number } 次购买
count-cart = { $number } 次加入购物车
count-favourite = { $number } 次收藏
count-like = { $number } 次喜欢
count-share = { $number } 次分享
count-bookmark = { $number } 次存书签
count-comment = { $number } 次评论
count-follow = { $number } 次关注
count-rating = { $number } 次评分
count-view = { $number } 次浏览
count-click = { $number } 次点击
count-search = { $number } 次搜索
count-dwell = { $number } 次细看
count-dislike = { $number } 次不喜欢

## 这些行为看重它的什么

alike = 你的行为看重{ $things }。
alike-value = 它的{ $attribute }{ $name }（{ $percent }，主要来自{ $most }）
alike-word = 标题里的{ $name }（{ $percent }，主要来自{ $most }）
attribute-brand = 品牌
attribute-category = 类别
attribute-department = 部门
attribute-genre = 类型
attribute-author = 作者
attribute-colour = 颜色
attribute-topic = 题材
attribute-platform = 平台
attribute-modality = 媒体
modality-article = 文章
modality-video = 视频

## 列表中的一行

line-because = 因为你{ $clauses }
line-popular = 现在很热门
line-none = 没有测得的原因

## 商店里的组件：一件商品的面板。花括号里的由浏览器填写

panel-did = 你{ $clauses }
panel-why = 为什么？
panel-question-mark = 为什么推荐「{"{item}"}」？
panel-made-of = 这条推荐由什么组成
panel-actions = 你的哪些行为起了作用
panel-raises = 提高
panel-lowers = 降低
panel-no-effect = 几乎无影响
panel-today = 今天
panel-not-this = 不因为这个
panel-like = 喜欢
panel-dislike = 不喜欢
panel-hide = 不再显示
panel-close = 关闭
panel-on = 个性化推荐已开启。
panel-on-text = 关闭后，列表不再使用你的任何行为。
panel-off = 个性化推荐已关闭。
panel-off-text = 列表对所有人都一样。
panel-algorithm = 这里的顺序由算法决定
panel-parameters = 主要参数
panel-personal = 个性化
panel-moved = 列表已更新：{ $number } 件商品换了位置。
panel-updated = 列表已更新。
panel-unmoved = 列表已更新：位置没有变化。
panel-undo = 撤销
panel-reasons = 原因
panel-table = 用表格显示
panel-empty = 这里还没有可推荐的。
panel-failed = 没有成功，什么都没有改变；请再试一次。
panel-picture = 商品图片
panel-removed = 已按你的要求排除
panel-new = 新品
panel-when = 时间
panel-effect = 作用
front-search = 搜索商品
front-simulated = 模拟商店：商品、顾客与数字均由程序生成，并非真实交易。
front-made-up = 演示商店，使用公开记录，不能购买。
front-who = 顾客
front-nobody = 新访客
front-cart = 加入购物车
front-buy = 购买
front-chosen = 正在看
front-first = 请先选一件商品，再看什么和它搭配。
front-done = 已记下，下面的列表随之更新。
tab-personal = 为你推荐
tab-personal-text = 接下来你可能想要什么。
tab-new = 新品
tab-new-text = 还几乎没有人买过。
tab-related = 搭配
tab-related-text = 什么和上面的商品一起用，什么可以代替它。
tab-content = 文章与视频
tab-content-text = 根据你读过的和买过的推荐。
tab-cross-platform = 其他平台
tab-cross-platform-text = 你在别处做的事，只有你允许才算在这里。
tab-multilingual = 其他语言
tab-multilingual-text = 名称与理由用你的语言。
front-sharing = 允许把你其他账号里的行为用在这里；关闭后立即失效。
relation-complement = 配件
relation-substitute = 代替
relation-together = 一起买
relation-next = 下一步

## 所有顾客加起来：什么影响得分（公开页）

public-title = 我们怎样为你排列商品
public-lead = 这里的顺序由算法决定。下面的占比是在正在使用的模型上测得的，不是谁写进去的。
public-snapshot = 快照 { $id }
public-updated = 更新于 { $date }
public-sample = { $number } 位顾客的样本
public-parts = 什么最影响顺序？
public-parts-read = 每一项对列表中一个位置的平均影响，占全部影响的比例。
public-kinds = 你的哪些行为最有影响？
public-kinds-read = 你的行为，按做过的事来分。
public-never = 从不使用
public-never-proof = 在样本的每次请求里都改动过这些，没有任何商品的得分改变。
public-never-none = 没有什么能被证明是不使用的。
public-off = 可以关闭个性化推荐
public-off-text = 立即生效：列表不再使用你的任何行为，与所有人的相同。
public-off-how = 商店：请求中带上 { $flag }。
public-steps = 四个步骤
public-none = 还没有测量：没有任何有行为的顾客。
main-events = 你的行为
main-events-text = 与你选过的相配的商品会上升。
main-order = 你浏览的先后顺序
main-order-text = 常在你最近几步之后出现的商品会上升。
main-together = 常一起被选的商品
main-together-text = 常与你选过的一起被选的商品会上升。
main-taste = 你整体的喜好
main-taste-text = 把你选过的合起来，接近它的商品会上升。
main-same = 你以前有过的
main-same-text = 你已经有过的商品会上升或下降。
main-alike = 商品之间有多相像
main-alike-text = 品牌、文字等特点与你选过的接近。
main-popular = 有多热门
main-popular-text = 对所有人都一样，与你无关。
main-recent = 近来受欢迎的
main-recent-text = 最近几天很多人选的商品会上升。对所有人都一样，与你无关。
main-fresh = 新旧
main-fresh-text = 新近发布的会上升。对所有人都一样，与你无关。
main-context = 你这次访问的情境
main-context-text = 在这个时间、平台或语言下更受欢迎的商品会上升。
main-search = 你搜索过的词
main-search-text = 含有你的搜索词、或常在这样搜索之后被选的商品会上升。
main-other-text = 模型的一个部分。
age-halves = { $number } 天或更早以前的行为，影响不到最近 { $fresh } 天内行为的一半。
act-purchase = 你买过的
act-cart = 你加入购物车的
act-favourite = 你收藏的
act-like = 你喜欢的
act-share = 你分享的
act-bookmark = 你存为书签的
act-comment = 你评论过的
act-follow = 你关注的
act-rating = 你评价过的
act-view = 你看过的
act-click = 你点过的
act-search = 你搜索过的
act-dwell = 你细看过的
act-dislike = 你不喜欢的
act-context = 页面上的商品
never-shopper = 你是谁：你的顾客编号
never-profile = 商店记下的关于你的内容（{ $things }）
never-platform = 你来自哪个平台
never-language = 你的语言
never-hour = 你查看的时刻
step-find = 寻找
step-find-text = 模型认识的 { $number } 件商品全部参与。
step-score = 打分
step-score-exact = 一件商品的得分恰好是上面各部分之和。
step-score-measured = 模型给每件商品打分；上面各部分是逐一去掉你的行为测得的。
step-rules = 规则
step-rules-hide = 下架的、你隐藏的、你已经有过的商品不出现。
step-rules-keep = 下架的和你隐藏的商品不出现；你已经有过的可以再次出现。
step-explain = 解释
step-explain-text = 只有带着测得的数字，一个原因才会显示。

## 场景的事实：一句话，或列表里原因后面的几个词

line-facts = { $line }（{ $facts }）
short-between = ；
same-value = { $attribute }同为{ $value }
same-words = 标题有 { $number } 个词相同
fact-new-none = 新上架：还没有人选过。
short-new-none = 新上架
fact-new = 新上架：至今被选过 { $number } 次。
short-new = 新上架，被选过 { $number } 次
fact-shared = 与{ $name }相像：{ $things }。
short-shared = { $things }
fact-fresh = { $days ->
    [0] 今天发布。
   *[other] { $number } 天前发布。
}
short-fresh = { $days ->
    [0] 今天发布
   *[other] { $number } 天前发布
}
fact-together-baskets = 与{ $name }同在一个购物篮 { $number } 次，是碰巧的 { $lift } 倍。
short-together-baskets = 同在一个购物篮 { $number } 次，是碰巧的 { $lift } 倍
fact-together-people = { $number } 位顾客选过它和{ $name }，是碰巧的 { $lift } 倍。
short-together-people = { $number } 位顾客两样都选过，是碰巧的 { $lift } 倍
fact-together-after = 在{ $name }之后不久被选 { $number } 次，是碰巧的 { $lift } 倍。
short-together-after = 之后不久被选 { $number } 次，是碰巧的 { $lift } 倍
fact-elsewhere = { $name }是在{ $platform }上。
short-elsewhere = 在{ $platform }上
fact-circumstance-locale = 用你的语言的人选它，是其他语言的 { $lift } 倍。
short-circumstance-locale = 在你的语言里是其他的 { $lift } 倍
fact-circumstance-platform = 在{ $value }上选它，是别处的 { $lift } 倍。
short-circumstance-platform = 在{ $value }上是别处的 { $lift } 倍
fact-circumstance-daypart = { $value ->
     [night] 夜里
     [morning] 上午
     [afternoon] 下午
    *[evening] 晚上
    }选它的人，是平时的 { $lift } 倍。
short-circumstance-daypart = { $value ->
     [night] 夜里
     [morning] 上午
     [afternoon] 下午
    *[evening] 晚上
    }是平时的 { $lift } 倍
fact-circumstance-weekday = { $value ->
     [monday] 星期一
     [tuesday] 星期二
     [wednesday] 星期三
     [thursday] 星期四
     [friday] 星期五
     [saturday] 星期六
    *[sunday] 星期日
    }选它的人，是平时的 { $lift } 倍。
short-circumstance-weekday = { $value ->
     [monday] 星期一
     [tuesday] 星期二
     [wednesday] 星期三
     [thursday] 星期四
     [friday] 星期五
     [saturday] 星期六
    *[sunday] 星期日
    }是平时的 { $lift } 倍

## 商店规则对商品做了什么，筛选去掉了什么

moved-rules = 按商店规则{ $names }，它从第 { $before } 位移到第 { $after } 位。
moved-new = 新品优先
moved-variety = 为了让列表多样，它从第 { $before } 位移到第 { $after } 位。
moved-explore = 我们正在这里试推它：这个位置是随机给的。
moved-pin = 这个位置由商店指定。
moved-pin-named = 这个位置由商店指定：{ $name }。
moved-sponsored = 赞助商品。
moved-sponsored-named = 赞助商品：{ $name }。
line-pinned = 商店指定
line-explore = 我们正在试推它
line-sponsored = 赞助
line-sponsored-named = 赞助：{ $name }
taken-none = 没有可以推荐的商品。
taken-all = { $number } 件商品都被去掉了：{ $parts }。
taken-part = { $filter }（{ $number }）
taken-not-in-the-catalogue = 不在目录里
taken-off-the-shelf = 已下架
taken-out-of-stock = 缺货
taken-of-another-kind = 类型不符
taken-on-the-page = 在当前页面上
taken-excluded = 被排除
taken-hidden = 被隐藏
taken-seen = 以前有过
taken-not-new = 不是新品
taken-sold-elsewhere = 在别处销售
taken-unknown-to-the-snapshot = 比快照更新
