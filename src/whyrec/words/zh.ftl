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
attribute-platform = 平台
attribute-modality = 媒体

## 列表中的一行

line-because = 因为你{ $clauses }
line-popular = 现在很热门
line-none = 没有测得的原因
